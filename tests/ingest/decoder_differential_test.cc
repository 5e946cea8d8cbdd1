// The decoder against the plain way and against simdjson's DOM parser, on valid lines with a few random edits.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cctype>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/decoder.h"
#include "tests/ingest/plain_way.h"

namespace logmill {
namespace {

const std::vector<std::string> kLines = {
    R"({"level":"log","pid":36,"timestamp":1766533331507,"message":"Initialized websocket server","context":"WebsocketRepository"})",
    R"({"level":"error","pid":8,"timestamp":1795338275310,"message":"a \"quoted\" \\ text","context":"Bo\tot","stack":"Error: x\n    at y"})",
    R"({"context":"M\u00e4rz","message":{"a":[1,-2.5e3,true,{"b":"]}"}],"log.level":"x"},"level":"warn","pid":1,"timestamp":5})",
    R"({"message":[[],{},"",null,false],"req":{"method":"GET","errors":[{"code":7}]},"level":30,"pid":"12"})",
    "{ \"level\" : \"debug\" ,\r\"message\": \"Gr\xC3\xB6\xC3\x9F"
    "e \xE2\x82\xAC \xF0\x9F\x98\x80\", \"message\" : \"\\ud83d\\ude00\" } ",
    R"({"message":12345678901234567890123,"x":1e400,"y":"\ud800","level":"verbose"})",
    R"({})",
};

class Editor {
 public:
  explicit Editor(unsigned seed) : random_(seed) {}

  std::string Next() {
    std::string line = kLines[Below(kLines.size())];
    for (size_t edits = Below(4); edits > 0 && !line.empty(); --edits) Edit(&line);
    return line;
  }

 private:
  size_t Below(size_t limit) { return random_() % limit; }

  void Edit(std::string* line) {
    static constexpr std::string_view kBytes = "\"\"\\\\{}[]:,,0123456789-+.eEu tfn/\r\n\t\x01\x7f\x80\xC3\xFF";
    static const std::vector<std::string> kPieces = {"\\u0041", "\\ud800", "\\udc00", "\"a\":", "{\"b\":1}", "[1,2]", "1e999", "true",
                                                     "null",    "\\\\",    "\"",      "-0",     "00",        ",",     "\\n",   "\xC3\xA9"};
    const size_t at = Below(line->size());
    switch (Below(6)) {
      case 0:
        line->erase(at, 1 + Below(3));
        break;
      case 1:
        line->insert(at, 1, kBytes[Below(kBytes.size())]);
        break;
      case 2:
        (*line)[at] = kBytes[Below(kBytes.size())];
        break;
      case 3:
        line->insert(at, kPieces[Below(kPieces.size())]);
        break;
      case 4:
        line->resize(at);
        break;
      default:
        line->insert(at, line->substr(Below(line->size()), 1 + Below(40)));
    }
  }

  std::mt19937 random_;
};

Decoder::Options WithFields() {
  return {.format = InputFormat::kAuto, .keys = {}, .fields = {"req.method", "message.a.3.b", "message.log.level", "x", "stack", "level"}};
}

TEST(DecoderDifferential, AgreesWithThePlainWay) {
  Editor editor(1);
  const Decoder::Options options = WithFields();
  Decoder decoder(options);
  for (int i = 0; i < 300'000; ++i) {
    const std::string line = editor.Next();
    ASSERT_EQ(testing::Disagreement(decoder, options, line), "") << line;
  }
}

// Whether a valid text holds what simdjson refuses and the decoder documents as accepted.
bool Excepted(std::string_view line) {
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    if (line[i] == '\\' && line[i + 1] == 'u') return true;
    if (std::isdigit(static_cast<unsigned char>(line[i])) != 0 && (line[i + 1] | 0x20) == 'e') return true;
  }
  size_t run = 0;
  for (const char c : line) {
    run = std::isdigit(static_cast<unsigned char>(c)) != 0 ? run + 1 : 0;
    if (run > 18) return true;
  }
  return false;
}

TEST(DecoderDifferential, AgreesWithSimdjson) {
  Editor editor(2);
  Decoder decoder(WithFields());
  simdjson::dom::parser parser;
  Record record;
  int accepted = 0;
  int rejected = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::string line = editor.Next();
    const Reject reject = decoder.Decode(line, false, &record);
    if (reject == Reject::kNone && record.format == RecordFormat::kText) continue;
    simdjson::dom::object object;
    const auto error = parser.parse(line).get(object);
    if (error == simdjson::SUCCESS) {
      ++accepted;
      ASSERT_EQ(reject, Reject::kNone) << line;
    } else if (reject == Reject::kNone) {
      ASSERT_TRUE(Excepted(line)) << line << ": " << error;
    } else {
      ++rejected;
      if (testing::PlainUtf8(line)) {
        ASSERT_NE(reject, Reject::kInvalidUtf8) << line;
      } else {
        ASSERT_TRUE(reject == Reject::kInvalidUtf8 || reject == Reject::kTruncated) << line;
      }
    }
  }
  EXPECT_GT(accepted, 50'000);
  EXPECT_GT(rejected, 50'000);
}

}  // namespace
}  // namespace logmill
