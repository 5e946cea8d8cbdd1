#include "ingest/cri_line.h"

#include <algorithm>

#include "ingest/scalar.h"

namespace logmill {
namespace {

// Up to the next space, which is taken too.
std::string_view TakeField(std::string_view* line) {
  const std::string_view field = line->substr(0, line->find(' '));
  line->remove_prefix(std::min(field.size() + 1, line->size()));
  return field;
}

}  // namespace

bool ReadCriLine(std::string_view line, Unwrapped* unwrapped) {
  *unwrapped = Unwrapped();
  unwrapped->time_ms = ParseRfc3339(TakeField(&line));
  unwrapped->stream = TakeField(&line);
  const std::string_view tags = TakeField(&line);
  const std::string_view tag = tags.substr(0, tags.find(':'));
  if (!unwrapped->time_ms || (unwrapped->stream != "stdout" && unwrapped->stream != "stderr")) return false;
  if (tag != "P" && tag != "F") return false;
  unwrapped->whole = tag == "F";
  unwrapped->text = line;
  return true;
}

}  // namespace logmill
