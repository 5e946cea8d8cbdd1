// The program: its command line. What the commands do stands in commands.h.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <utility>

#include "base/environment.h"
#include "daemon/commands.h"
#include "daemon/formats.h"
#include "daemon/version.h"

namespace logmill {
namespace {

constexpr char kDescription[] =
    "Logmill counts what structured logs say, exactly, and shows it to Prometheus.\n\n"
    "Try:  logmill replay --rules rules/packs/gallery.yaml gallery.log\n"
    "      logmill explain --rules rules/packs/gallery.yaml '{\"level\":\"warn\",\"message\":\"...\"}'\n"
    "      logmill run --config logmill.yaml";

constexpr char kFooter[] =
    "Exit codes: 0 fine; 1 the answer is no, or something failed; 2 wrong usage.\n"
    "Results go to stdout, everything else to stderr.";

// Options of commands that read log lines as the configuration's `sources` do.
struct StreamWords {
  std::string format = "auto";
  std::string keys = "gallery";
};

void AddStreamOptions(CLI::App* command, StreamOptions* options, StreamWords* words) {
  command
      ->add_option(
          "--format", words->format,
          "auto: JSON objects and Gallery's console lines are recognised, other lines are text; json: every other line is an error; "
          "text: every line is text; console: Gallery's console format; docker, cri: files of container logs")
      ->type_name("auto|json|text|console|docker|cri")
      ->default_val(words->format);
  command->add_option("--keys", words->keys, "which logger's keys the JSON has: gallery, pino, zap, slog, bunyan, ecs")
      ->type_name("NAME")
      ->default_val(words->keys);
  command->add_option("--max-line-bytes", options->max_line_bytes, "longer lines are cut")
      ->default_val(options->max_line_bytes)
      ->check(CLI::Range(size_t{64}, size_t{1} << 30));
}

// The arguments behind the options, as they are typed: CLI11's own positionals would take "[1,2]" for a list. False for an unknown option.
bool TakeArguments(const CLI::App* command, std::vector<std::string>* arguments, std::vector<std::string>* rules) {
  for (const std::string& argument : command->remaining()) {
    if (argument.size() > 1 && argument[0] == '-' && argument[1] != ' ') {
      std::fprintf(stderr, "logmill: unknown option %s; logmill %s --help lists them\n", argument.c_str(), command->get_name().c_str());
      return false;
    }
    // `--rules a.yaml b.yaml LOG` is read as people mean it: what is called like a rule file is one.
    const bool is_rule_file = argument.ends_with(".yaml") || argument.ends_with(".yml");
    (is_rule_file ? rules : arguments)->push_back(argument);
  }
  return true;
}

// False, with a message, when a word is none that we know.
bool ApplyWords(const StreamWords& words, StreamOptions* options) {
  auto keys = KeyPreset(words.keys);
  if (!keys) {
    std::fprintf(stderr, "logmill: --keys: %s\n", keys.error().c_str());
    return false;
  }
  options->keys = *keys;
  if (SetFormat(words.format, *options)) return true;
  std::string known;
  for (const std::string_view name : FormatNames()) known += (known.empty() ? "" : ", ") + std::string(name);
  std::fprintf(stderr, "logmill: --format: unknown format \"%s\"; known are: %s\n", words.format.c_str(), known.c_str());
  return false;
}

int Main(int argc, char** argv) {
  CLI::App app(kDescription, "logmill");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("logmill ") + kVersion);

  std::string config;
  auto* run = app.add_subcommand("run", "The daemon: follows logs and serves /metrics until SIGTERM");
  run->add_option("-c,--config", config, "configuration file (docs/configuration.md); environment variables go over it")->type_name("FILE");

  ReplayCommand replay_command;
  StreamWords words;
  auto* replay = app.add_subcommand("replay", "Read logs to their end and print the metrics");
  replay->add_option("-r,--rules", replay_command.rules, "rule file, may be repeated")
      ->required()
      ->type_name("FILE")
      ->allow_extra_args(false);
  replay->allow_extras()->footer("Arguments: LOG... log files, .gz too; - or none: standard input");
  replay->add_option("-j,--threads", replay_command.threads, "threads; 0: one a core. The result is the same for any number")
      ->default_val(0U)
      ->check(CLI::Range(0, 256));
  replay->add_flag("--openmetrics", replay_command.openmetrics, "print OpenMetrics in place of the Prometheus text format");
  replay->add_flag("--ledger", replay_command.ledger, "print what became of every line, on stderr");
  replay->add_flag("-q,--quiet", replay_command.quiet, "no summary on stderr");
  AddStreamOptions(replay, &replay_command.stream, &words);

  std::vector<std::string> files;
  auto* check = app.add_subcommand("check", "Find every mistake in configuration and rule files, with its place");
  check->add_option("files", files, "files")->required()->type_name("FILE");
  auto* test = app.add_subcommand("test", "Run the tests that stand in rule files");
  test->add_option("files", files, "rule files")->required()->type_name("FILE");

  std::vector<std::string> explain_rules;
  std::vector<std::string> lines;
  StreamOptions explain_options;
  auto* explain = app.add_subcommand("explain", "Show which rules match a line, and why the others do not");
  explain->add_option("-r,--rules", explain_rules, "rule file, may be repeated")->required()->type_name("FILE")->allow_extra_args(false);
  explain->allow_extras()->footer("Arguments: LINE... a log line each, in quotes; - or none: lines from standard input");
  AddStreamOptions(explain, &explain_options, &words);

  std::string state_path;
  auto* state = app.add_subcommand("state", "Show what a checkpoint holds: positions, metrics, counts");
  state->add_option("path", state_path, "the state folder, or one checkpoint file")->required()->type_name("PATH");

  std::string spool_folder;
  bool spool_repair = false;
  uint64_t spool_records = 0;
  auto* spool = app.add_subcommand("spool", "Show what waits in a spool, and whether it is whole: exit code 1 when it is damaged");
  spool->add_option("folder", spool_folder, "the spool's folder")->required()->type_name("FOLDER");
  spool->add_flag("--repair", spool_repair, "write damaged segments anew with what is whole in them; the damaged files are kept");
  spool->add_option("--records", spool_records, "show the newest N records, too")->type_name("N")->check(CLI::Range(0, 1'000'000'000));

  std::string health_url;
  auto* health = app.add_subcommand("health", "Ask a running daemon whether it is well: exit code 0 when it is, 1 otherwise");
  health->add_option("url", health_url, "what is asked; without it, /-/healthy on this machine's metrics ports")->type_name("URL");

  std::string destination;
  auto* ship_test = app.add_subcommand("ship-test", "Send one record to a destination of the configuration and say what came back");
  ship_test->add_option("destination", destination, "its name, by default its kind: loki, elasticsearch...")
      ->required()
      ->type_name("DESTINATION");
  ship_test->add_option("-c,--config", config, "configuration file")->type_name("FILE");

  auto* version = app.add_subcommand("version", "Print the version");

  const auto is_first = [&](const CLI::App* command) { return command->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && std::as_const(app).get_subcommands(is_first).empty()) {
    std::fprintf(stderr, "logmill: unknown command %s; logmill --help lists them\n", argv[1]);
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitFine : kExitUsage;
  }
  if (*version) {
    std::printf("logmill %s\n", kVersion);
    return kExitFine;
  }
  if (*run) return RunDaemon(config);
  if (*check) return RunCheck(files);
  if (*state) return RunState(state_path);
  if (*spool) return RunSpool(spool_folder, spool_repair, spool_records);
  if (*ship_test) return RunShipTest(destination, config);
  if (*health) return RunHealth(health_url, ProcessEnvironment());
  if (*test) return RunRuleTests(files);
  const bool taken =
      *replay ? TakeArguments(replay, &replay_command.logs, &replay_command.rules) : TakeArguments(explain, &lines, &explain_rules);
  if (!taken) return kExitUsage;
  if (!ApplyWords(words, *replay ? &replay_command.stream : &explain_options)) return kExitUsage;
  if (*replay) return RunReplay(replay_command);
  if (lines == std::vector<std::string>{"-"}) lines.clear();
  return RunExplain(explain_rules, lines, explain_options);
}

}  // namespace
}  // namespace logmill

int main(int argc, char** argv) { return logmill::Main(argc, argv); }
