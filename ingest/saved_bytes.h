// How ingest/ writes down what it remembers: numbers of eight bytes, texts behind their length, a hash behind it all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace logmill {

class SavedWriter {
 public:
  explicit SavedWriter(std::string& out) : out_(out) { out_.clear(); }

  void Number(uint64_t number);
  void Text(std::string_view text);
  // The last thing to write.
  void Seal();

 private:
  std::string& out_;
};

// Reads in the order of writing. After anything that does not fit, everything is 0 and "", and ok() is false.
class SavedReader {
 public:
  // ok() is false at once when the hash is not that of the bytes before it.
  explicit SavedReader(std::string_view saved);

  uint64_t Number();
  std::string_view Text();  // valid as long as the bytes that are read
  [[nodiscard]] bool ok() const { return ok_; }
  // Everything was read.
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace logmill
