// The console format, read back: what the head line of an entry says, and which lines belong to it.
//
//     [Nest] 36  - 12/23/2025, 11:42:11 PM   ERROR [Api:ErrorInterceptor~9tsc1h95] Unknown error: Error: aborted
//     Error: aborted
//         at abortIncoming (node:_http_server:845:17)
//
// A head is `[App] PID  - TIMESTAMP LEVEL [Worker:Context~id] message`, in colours (SGR sequences, ESC[...m) or without. App is any 1 to 64
// bytes but brackets and control characters; TIMESTAMP up to 128 bytes of whatever the locale writes, without brackets; LEVEL one of the
// six in capitals. The bracket may be missing. Everything else is text.
//
// What a client of the server can write, and what it can do with it:
// - The correlation id, through a request header, which holds anything but line ends and ESC. Level, pid, time, worker and context stand
//   before the id and are read from there: the id changes none of them. In colours the end of the bracket is certain (`]ESC[39m `), too.
//   Without them the bracket ends at its first `]`, so what a forged id has behind that becomes the beginning of the message: a client can
//   hide the messages of its own requests from rules that way, nothing more.
// - Message text, with line ends where the server logs user data raw (file names, say). In a log without colours such a line may look like
// a
//   head, a banner or a JSON record, and nothing in the log tells it from a true one: it is counted. So a client that gets a line end into
//   a message can add records, but not change or remove others (it can end its own early). In a coloured log only a head that begins with a
//   colour is believed within the span of a message, and in as many lines of the stack behind it as the message told of the error:
//   forging takes an ESC in the message, which header, URL and JSON-encoded data do not hand through. What stays open are errors that the
//   server prints as they are, or whose text only their stack tells: a client whose text is in them can imitate frames, and go on as above.
// - Whoever cannot accept that switches the server to JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace logmill {

// What a head line says, and where its parts are. Views point into the text that was parsed; colours may stand inside of `message`.
struct ConsoleHead {
  int64_t pid = 0;
  std::string_view level;           // a name of logging/schema.h
  std::string_view timestamp;       // as written; console_time.h understands some
  std::string_view worker;          // Api, Microservices, Maintenance, or ""
  std::string_view context;         // "" when there is none. Without colours: up to the first `]` or `~`, unless it is a JSON object
  std::string_view correlation_id;  // "" when there is none, or one of other characters than [A-Za-z0-9_.-]{1,64}, which was forged
  std::string_view message;         // all behind the bracket, further lines too
  bool colored = false;             // begins with a colour
  bool open_bracket = false;        // the bracket begins and does not end: no worker, no context, and it stands in `message`
};

// Whether `line` may begin a console entry: cheap, and false for nearly everything else.
inline bool MayBeConsole(std::string_view line) { return !line.empty() && (line.front() == '[' || line.front() == '\x1b'); }

// Parses an entry: a head line, or one joined with the lines that go on with it by "\n" (a context may hold line ends). Nothing when
// it begins with no head. Linear.
std::optional<ConsoleHead> ParseConsoleHead(std::string_view entry);

// Appends `text` without SGR sequences and without "\r" before a line end. Other control sequences stay as they are.
void AppendWithoutColors(std::string_view text, std::string& out);

// Where a line of a console stream belongs.
enum class ConsolePlace : uint8_t {
  kHead,          // begins an entry
  kContinuation,  // goes on with the entry that the last head began
  kAlone,         // neither: a text line of its own; no entry is open behind it
};

// Tells heads, the lines that go on with them, and the rest, line by line. What is known of the end of an entry:
// - A message in a colour goes on until the span is closed at the end of a line; one that begins an object dump (`Object(3) {`) until
//   its closing bracket in the first column. A coloured head ends both.
// - Behind the message of an `error` goes its stack: the line that repeats the error that the message names (with none named, any line that
//   begins with the name of an error, but failed connections), then as many lines as the message had, then frames and other indented lines.
// - A message without colours goes on until frames of a stack end, or a line comes that Gallery is known to print without any logger
//   (banner, workers' starts and ends, `Query failed : {`, Node's own, ...), or one that begins with an error which the message does
//   not name, or with `{"level":"`, or a frame without an error.
// A line that stands alone ends the entry; those behind it, the rest of a dump for example, stand alone as well. So does a stack that is
// not directly behind its message, as happens where stdout and stderr were merged into one stream. Bounded: remembers 64 bytes of the
// message. The bound on the size of an entry is the caller's.
class ConsoleBlock {
 public:
  // Takes the next line (without its line end; colours and a last "\r" may be in it).
  ConsolePlace Take(std::string_view line);
  // The entry is over, whatever comes.
  void Reset() { *this = ConsoleBlock(); }

  // Whether lines may still go on with an entry.
  [[nodiscard]] bool open() const { return phase_ != Phase::kNone; }
  // Whether the last line belongs to the stack of an error, and no longer to its message.
  [[nodiscard]] bool in_stack() const { return stack_; }

  // What is remembered, as at most 80 bytes for Restore() in another life. Damaged or foreign bytes restore nothing and give false.
  void Save(std::string& out) const;
  [[nodiscard]] bool Restore(std::string_view saved);

 private:
  enum class Phase : uint8_t {
    kNone,       // no entry is open
    kContext,    // within the coloured bracket of the head
    kSpan,       // within the coloured message
    kText,       // a message whose end does not show
    kClosed,     // the message is complete, a stack may follow
    kStackText,  // the error that begins a stack: its text may have further lines
    kFrames,     // behind a frame of a stack
  };
  static constexpr size_t kErrorBytes = 64;

  [[nodiscard]] bool Believes(const ConsoleHead& head) const;
  void Begin(std::string_view line, const ConsoleHead& head);
  void BeginMessage(std::string_view message);
  void Close();
  void FollowSpan(std::string_view line);
  void FollowColor(std::string_view parameters);
  bool GoesOn(std::string_view line);
  bool ContextGoesOn(std::string_view line);
  bool TextGoesOn(std::string_view text);
  bool BeginsStack(std::string_view text);
  bool StackTextGoesOn(std::string_view text);
  [[nodiscard]] bool Repeats(std::string_view text) const;
  bool Enter(Phase phase);
  bool EnterStack(Phase phase);

  Phase phase_ = Phase::kNone;
  bool colored_ = false;
  bool error_level_ = false;
  bool dump_ = false;         // the message has opened a bracket at the end of its first line
  bool bold_ = false;         // the span is one of ESC[1m, which ESC[0m closes
  bool stack_ = false;        // see in_stack()
  uint16_t depth_ = 0;        // of colours open in the span
  uint16_t error_lines_ = 0;  // of the span, from the error that it names on
  uint16_t stack_lines_ = 0;  // that are still to come before the frames
  std::string error_;         // the beginning of the error that the message names, at most kErrorBytes
};

}  // namespace logmill
