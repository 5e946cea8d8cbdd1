// Which lines of text belong together: the default of JoinOptions.
#pragma once

#include <cstdint>
#include <string_view>

namespace logmill {

// Looks at one block of lines after the other. What goes on with a block:
//   - a line that is indented deeper than the block's first one, and an empty line
//   - the closing bracket of an object dump (`Query failed : {` ... `}`, or an error's properties behind its stack)
//   - a line that begins with a comma, a line of ^ ~ - under a quoted source line, `Caused by:`
//   - Node: what follows the source line and the ^ that an uncaught error is reported with, and `Node.js v24.1.0` at the end
//   - Python: the last line of a traceback, the tracebacks that are chained to it, the lines of exception groups
//   - Go: the goroutines of a panic
// Everything else begins a new block. Colours are looked through. Constant memory, linear time. One thread.
class TraceLines {
 public:
  // `line` begins a block.
  void Begin(std::string_view line);
  // Whether `line` goes on with the block. If not, nothing has changed.
  bool GoesOn(std::string_view line);

  // All that is remembered of the block, to go on with it in another life.
  [[nodiscard]] uint64_t state() const { return uint64_t{head_indent_} << 32 | flags_; }
  void set_state(uint64_t state);

 private:
  struct Shape;

  [[nodiscard]] bool Has(uint32_t flag) const { return (flags_ & flag) != 0; }
  void Set(uint32_t flag, bool on) { flags_ = on ? flags_ | flag : flags_ & ~flag; }
  bool IndentedGoesOn(const Shape& line);
  bool LevelGoesOn(const Shape& line);
  bool PythonGoesOn(const Shape& line);
  bool GoGoesOn(const Shape& line);
  void Note(const Shape& line);

  uint32_t head_indent_ = 0;
  uint32_t flags_ = 0;
};

}  // namespace logmill
