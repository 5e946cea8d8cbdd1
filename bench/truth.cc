#include "bench/truth.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace logmill::bench {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

std::string Decimal(int64_t hundredths) {
  if (hundredths % 100 == 0) return fmt::format("{}", hundredths / 100);
  return fmt::format("{}.{:02}", hundredths / 100, hundredths % 100);
}

// The lines of a JSON object or array.
void AppendItem(std::string& out, std::string_view item) {
  fmt::format_to(std::back_inserter(out), "{}    {}", out.empty() ? "" : ",\n", item);
}

void AppendSample(std::string& out, std::string_view name, std::string_view labels, int64_t hundredths) {
  const std::string sample = labels.empty() ? std::string(name) : fmt::format("{}{{{}}}", name, labels);
  AppendItem(out, fmt::format("{}: \"{}\"", Quoted(sample), Decimal(hundredths)));
}

std::string WithLe(std::string_view labels, std::string_view bound) {
  return fmt::format("{}{}le=\"{}\"", labels, labels.empty() ? "" : ",", bound);
}

}  // namespace

void Truth::AddLine(size_t bytes) {
  ++lines_;
  bytes_ += bytes;
}

void Truth::AddRecord(std::string_view level, std::string_view context) {
  ++json_records_;
  ++records_[{level, context}];
}

void Truth::Add(Workload workload, std::string_view counter, std::string_view labels, int64_t hundredths) {
  metrics_[static_cast<size_t>(workload)].values[Key(counter, labels)] += hundredths;
}

void Truth::Set(Workload workload, std::string_view gauge, std::string_view labels, int64_t hundredths) {
  metrics_[static_cast<size_t>(workload)].values[Key(gauge, labels)] = hundredths;
}

void Truth::Observe(Workload workload, std::string_view name, std::string_view labels, std::span<const int> buckets, int64_t hundredths) {
  Histogram& histogram = metrics_[static_cast<size_t>(workload)].histograms[Key(name, labels)];
  histogram.buckets = buckets;
  histogram.counts.resize(buckets.size() + 1);
  const auto bucket = std::ranges::find_if(buckets, [&](int bound) { return hundredths <= int64_t{bound} * 100; });
  ++histogram.counts[static_cast<size_t>(bucket - buckets.begin())];
  histogram.sum += hundredths;
}

std::string Truth::RecordsJson() const {
  std::string out;
  for (const auto& [key, count] : records_) {
    AppendItem(out, fmt::format("{{\"level\": {}, \"context\": {}, \"count\": {}}}", Quoted(key.first), Quoted(key.second), count));
  }
  return out;
}

std::string Truth::MetricsJson(const Metrics& metrics) {
  std::string out;
  for (const auto& [key, value] : metrics.values) AppendSample(out, key.first, key.second, value);
  for (const auto& [key, histogram] : metrics.histograms) {
    const auto& [name, labels] = key;
    int64_t total = 0;
    for (size_t i = 0; i < histogram.counts.size(); ++i) {
      total += histogram.counts[i] * 100;
      const std::string bound = i < histogram.buckets.size() ? fmt::format("{}", histogram.buckets[i]) : "+Inf";
      AppendSample(out, fmt::format("{}_bucket", name), WithLe(labels, bound), total);
    }
    AppendSample(out, fmt::format("{}_sum", name), labels, histogram.sum);
    AppendSample(out, fmt::format("{}_count", name), labels, total);
  }
  return out;
}

std::string Truth::ToJson(uint64_t seed) const {
  return fmt::format(
      "{{\n  \"seed\": {},\n  \"lines\": {},\n  \"bytes\": {},\n  \"json_records\": {},\n  \"records\": [\n{}\n  ],\n"
      "  \"W2\": {{\n{}\n  }},\n  \"W3\": {{\n{}\n  }}\n}}\n",
      seed, lines_, bytes_, json_records_, RecordsJson(), MetricsJson(metrics_[0]), MetricsJson(metrics_[1]));
}

}  // namespace logmill::bench
