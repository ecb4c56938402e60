// `nephele`: one binary for every role and every tool around them.
#include <fmt/core.h>

#include <array>
#include <cstdio>
#include <exception>
#include <string_view>

#include "base/error.hpp"
#include "nephele/command_line.hpp"
#include "nephele/commands.hpp"

namespace {

struct Command {
  std::string_view name;
  int (*run)(const nephele::CommandLine&);
};

constexpr std::array kCommands{
    Command{"up", nephele::run_cloud},
    Command{"run", nephele::run_cloud},
    Command{"trace", nephele::print_trace},
    Command{"explain", nephele::print_explanation},
    Command{"status", nephele::print_status},
    Command{"doctor", nephele::examine},
    Command{"queue", nephele::manage_queues},
    Command{"cleanup", nephele::clean_host},
    Command{"db", nephele::synchronize_databases},
    Command{"bootstrap", nephele::bootstrap_cloud},
    Command{"broker", nephele::manage_broker},
    Command{"metadefs", nephele::manage_metadefs},
    Command{"roles", nephele::print_roles},
    Command{"config", nephele::print_options},
    Command{"routes", nephele::print_routes},
    Command{"rotate-keys", nephele::rotate_keys},
};

int dispatch(const nephele::CommandLine& line) {
  for (const Command& command : kCommands)
    if (command.name == line.command) return command.run(line);
  const bool asked = line.command.empty() || line.command == "help";
  fmt::print(asked ? stdout : stderr, "{}", nephele::usage());
  return asked ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return dispatch(nephele::parse_command_line(argc, argv));
  } catch (const std::exception& error) {
    fmt::print(stderr, "nephele: {}\n", error.what());
    return 1;
  }
}
