// Whole console logs of a real server.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ingest/decoder.h"
#include "ingest/entry.h"
#include "tests/ingest/console_entries.h"

namespace logmill {
namespace {

const std::string kSamples = LOGMILL_SOURCE_DIR "/../shared/samples/";

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Counts {
  int64_t heads = 0;
  int64_t text = 0;  // lines that stand alone
  int64_t with_stack = 0;
  int64_t without_time = 0;
  int64_t lines = 0;
  std::map<std::string, int64_t> levels, pids, workers, contexts;
};

// `said` gathers what every record says.
Counts ReadLog(const std::string& log, std::vector<std::string>* said = nullptr) {
  Counts counts;
  Decoder decoder({.format = InputFormat::kAuto, .keys = {}, .fields = {"stack", "app"}});
  for (const std::string& entry : testing::ConsoleEntries(log)) {
    counts.lines += 1 + std::ranges::count(entry, '\n');
    Record record;
    EXPECT_EQ(decoder.Decode({.text = entry}, &record), Reject::kNone);
    if (said != nullptr)
      said->push_back(std::string(record.level) + "|" + std::string(record.context) + "|" + std::string(record.message.text));
    if (record.format == RecordFormat::kText) {
      ++counts.text;
      continue;
    }
    ++counts.heads;
    ++counts.levels[std::string(record.level)];
    ++counts.pids[std::to_string(*record.pid)];
    ++counts.workers[std::string(record.fields[1].text)];
    ++counts.contexts[std::string(record.context)];
    if (!record.fields[0].absent()) ++counts.with_stack;
    if (!record.timestamp_ms) ++counts.without_time;
  }
  return counts;
}

std::string WithoutColors(const std::string& log) {
  std::string out;
  AppendWithoutColors(log, out);
  return out;
}

TEST(ConsoleSample, TheShortCutOfARealLog) {
  std::vector<std::string> said;
  const Counts counts = ReadLog(ReadAll(LOGMILL_SOURCE_DIR "/tests/data/ingest/gallery-console.txt"), &said);
  EXPECT_EQ(counts.lines, 180);
  EXPECT_EQ(counts.heads, 39);
  EXPECT_EQ(counts.text, 51);
  EXPECT_EQ(counts.levels, (std::map<std::string, int64_t>{{"debug", 1}, {"error", 11}, {"log", 9}, {"warn", 18}}));
  EXPECT_EQ(counts.pids, (std::map<std::string, int64_t>{{"11", 28}, {"30", 11}}));
  EXPECT_EQ(counts.workers, (std::map<std::string, int64_t>{{"Api", 11}, {"Microservices", 28}}));
  EXPECT_EQ(counts.with_stack, 7);
  EXPECT_EQ(counts.without_time, 0);
  EXPECT_EQ(counts.contexts.at("ErrorInterceptor"), 2);
  const auto count = [&](const std::string& text) { return std::ranges::count(said, text); };
  EXPECT_EQ(count("||Starting api worker"), 1);
  EXPECT_EQ(count("||Query failed : {"), 1);
  EXPECT_EQ(count("||  durationMs: 12.262653000001592,"), 1);
  EXPECT_EQ(count("||/usr/lib/postgresql/15/bin/pg_dump exited (0)"), 1);
  EXPECT_EQ(count("error|ErrorInterceptor|Unknown error: PostgresError: invalid byte sequence for encoding \"UTF8\": 0x00"), 1)
      << "forged id";
}

TEST(ConsoleSample, ColoursMakeNoDifferenceButForForgedIds) {
  const std::string log = ReadAll(LOGMILL_SOURCE_DIR "/tests/data/ingest/gallery-console.txt");
  std::vector<std::string> colored, plain;
  ReadLog(log, &colored);
  ReadLog(WithoutColors(log), &plain);
  ASSERT_EQ(colored.size(), plain.size());
  int different = 0;
  for (size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == plain[i]) continue;
    ++different;
    EXPECT_TRUE(plain[i].starts_with("error|ErrorInterceptor|FATAL [Api:Fake~x] Unknown error: ")) << plain[i];
  }
  EXPECT_EQ(different, 1);
}

int64_t Number(simdjson::dom::element value) { return value.get_int64(); }

std::map<std::string, int64_t> Numbers(simdjson::dom::object object) {
  std::map<std::string, int64_t> numbers;
  for (const auto& [key, value] : object) numbers[std::string(key)] = Number(value);
  return numbers;
}

// Runs where the full samples lie next to the project.
TEST(ConsoleSample, TheFullLogsHoldWhatWasCountedIndependently) {
  if (!std::filesystem::exists(kSamples)) GTEST_SKIP() << "no samples here";
  simdjson::dom::parser parser;
  int files = 0;
  for (const auto& [name, truth] : simdjson::dom::object(parser.load(kSamples + "truth.json")["files"])) {
    if (truth["head_lines"].error() != simdjson::SUCCESS) continue;
    const Counts counts = ReadLog(ReadAll(kSamples + std::string(name)));
    EXPECT_EQ(counts.lines, Number(truth["lines"])) << name;
    EXPECT_EQ(counts.heads, Number(truth["head_lines"])) << name;
    EXPECT_EQ(counts.levels, Numbers(truth["levels"])) << name;
    EXPECT_EQ(counts.pids, Numbers(truth["pids"])) << name;
    EXPECT_EQ(counts.workers, Numbers(truth["worker"])) << name;
    EXPECT_EQ(counts.without_time, 0) << name;
    ++files;
  }
  EXPECT_EQ(files, 5);
}

struct Locale {
  std::string env, tz;
  std::vector<std::pair<std::string, int64_t>> times;
};

std::vector<Locale> ReadLocales() {
  std::vector<Locale> locales;
  simdjson::dom::parser parser;
  simdjson::dom::document_stream stream;
  EXPECT_EQ(parser.load_many(kSamples + "console-timestamp-locales.jsonl").get(stream), simdjson::SUCCESS);
  for (auto document : stream) {
    Locale locale{std::string(std::string_view(document["env"])), std::string(std::string_view(document["tz"])), {}};
    for (size_t i = 0; i < 3; ++i) {
      locale.times.emplace_back(std::string_view(document["text"].at(i)), Number(document["utc_ms"].at(i)));
    }
    locales.push_back(std::move(locale));
  }
  return locales;
}

TEST(ConsoleSample, TimesOfEveryLocaleAreRightOrAbsent) {
  if (!std::filesystem::exists(kSamples)) GTEST_SKIP() << "no samples here";
  const char* before = std::getenv("TZ");
  const std::string zone = before == nullptr ? "" : before;
  int understood = 0;
  for (const Locale& locale : ReadLocales()) {
    ::setenv("TZ", locale.tz.c_str(), 1);
    ::tzset();
    Decoder decoder{Decoder::Options()};
    for (const auto& [text, unix_ms] : locale.times) {
      Record record;
      ASSERT_EQ(decoder.Decode("[Nest] 1  - " + text + "     LOG [Api:X] m", false, &record), Reject::kNone);
      ASSERT_TRUE(record.console) << text;
      EXPECT_EQ(record.timestamp_ms.value_or(unix_ms), unix_ms) << locale.env << ": " << text;
      understood += record.timestamp_ms ? 1 : 0;
    }
  }
  EXPECT_EQ(understood, 45) << "all but ar and fa";
  before == nullptr ? ::unsetenv("TZ") : ::setenv("TZ", zone.c_str(), 1);
  ::tzset();
}

}  // namespace
}  // namespace logmill
