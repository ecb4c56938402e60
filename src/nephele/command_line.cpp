#include "nephele/command_line.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string_view>

#include "base/error.hpp"
#include "base/text.hpp"

namespace nephele {
namespace {

struct Switch {
  std::string_view name;
  std::string_view value_name;  // empty: takes no value
  std::string_view help;
  void (*apply)(CommandLine&, std::string_view value);
};

void set_port_offset(CommandLine& line, std::string_view value) {
  const auto offset = base::parse_integer(value);
  if (!offset || *offset < 0 || *offset > 50'000)
    throw base::Error(base::ErrorKind::bad_request,
                      fmt::format("--port-offset takes a number from 0 to 50000, not '{}'", value));
  line.port_offset = static_cast<uint16_t>(*offset);
}

constexpr std::array kSwitches{
    Switch{"--state-dir", "DIR", "where databases, images, guests and logs live",
           [](CommandLine& line, std::string_view value) { line.state_dir = value; }},
    Switch{"--config-dir", "DIR", "where nephele.conf, nova.conf, ... are; default STATE/etc",
           [](CommandLine& line, std::string_view value) { line.config_dir = value; }},
    Switch{"--listen", "ADDRESS", "address of the APIs; default as configured, else 127.0.0.1",
           [](CommandLine& line, std::string_view value) { line.listen_address = value; }},
    Switch{"--port-offset", "N", "added to every port, for a second cloud on one machine",
           set_port_offset},
    Switch{"--hypervisor", "NAME", "qemu or fake; default as configured, else qemu",
           [](CommandLine& line, std::string_view value) { line.hypervisor = value; }},
    Switch{"--repair", "", "doctor mends what it can, and says each thing done",
           [](CommandLine& line, std::string_view) { line.repair = true; }},
    Switch{"--merge", "", "metadefs load adds to namespaces that are there",
           [](CommandLine& line, std::string_view) { line.merge = true; }},
    Switch{"--prefer_new", "", "with --merge: what the files say wins",
           [](CommandLine& line, std::string_view) { line.prefer_new = true; }},
    Switch{"--overwrite", "", "with --merge: the files replace namespaces that are there",
           [](CommandLine& line, std::string_view) { line.overwrite = true; }},
    Switch{"--debug", "", "log more",
           [](CommandLine& line, std::string_view) { line.debug = true; }},
    Switch{"--log-to-terminal", "", "log to standard error instead of STATE/log",
           [](CommandLine& line, std::string_view) { line.foreground_log = true; }},
};

const Switch& find_switch(std::string_view name) {
  for (const Switch& option : kSwitches)
    if (option.name == name) return option;
  throw base::Error(base::ErrorKind::bad_request,
                    fmt::format("unknown option '{}'; see nephele help", name));
}

std::string default_state_dir() {
  if (geteuid() == 0) return "/var/lib/nephele";
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe): before any thread
  return std::string(home ? home : ".") + "/.local/share/nephele";
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine line;
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  for (size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("--")) {
      if (line.command.empty())
        line.command = words[i];
      else
        line.arguments.emplace_back(words[i]);
      continue;
    }
    const size_t equals = words[i].find('=');
    const Switch& option = find_switch(words[i].substr(0, equals));
    std::string_view value;
    if (equals != std::string_view::npos) {
      value = words[i].substr(equals + 1);
    } else if (!option.value_name.empty()) {
      if (++i == words.size())
        throw base::Error(base::ErrorKind::bad_request,
                          fmt::format("{} needs a value: {}", option.name, option.value_name));
      value = words[i];
    }
    option.apply(line, value);
  }
  if (line.state_dir.empty()) line.state_dir = default_state_dir();
  // Daemons work elsewhere, and what is on the host is known by this path.
  line.state_dir = std::filesystem::weakly_canonical(std::filesystem::absolute(line.state_dir));
  if (line.config_dir.empty()) line.config_dir = line.state_dir + "/etc";
  return line;
}

std::string usage() {
  std::string text =
      "nephele: OpenStack's cloud operating system as one binary\n\n"
      "  nephele up                    a whole cloud in this process, on embedded parts\n"
      "  nephele run ROLE...           some of its roles (nephele roles lists them)\n"
      "  nephele roles                 the roles and what they are for\n"
      "  nephele trace REQUEST_ID      every hop of a request\n"
      "  nephele explain SERVER_ID     why that host was chosen for a server, or that pool for a "
      "volume\n"
      "                                or a group of volumes\n"
      "  nephele status                what runs, and how it is\n"
      "  nephele doctor [--repair]     what this host and the cloud lack or have too much of\n"
      "  nephele queue list            topics on a broker, and messages that were given up; also\n"
      "                                show MESSAGE, requeue MESSAGE... and requeue all\n"
      "  nephele cleanup [guests]      take a stopped cloud's networks (and guests) off this host\n"
      "  nephele db sync               bring the databases to this version's schema\n"
      "  nephele bootstrap             first users, endpoints and keys of a cloud of many hosts\n"
      "  nephele broker USER...        users of hosts (compute-HOST, network-HOST) on a broker, "
      "as\n"
      "                                definitions for rabbitmqctl import_definitions\n"
      "  nephele metadefs load [PATH]  Glance's metadata definitions from its files *.json; also\n"
      "                                unload, and export [DIRECTORY]\n"
      "  nephele config                every option with its default, as Markdown\n"
      "  nephele routes                every route of every API, as Markdown\n"
      "  nephele rotate-keys           a new Fernet key for tokens\n\n";
  for (const Switch& option : kSwitches)
    text += fmt::format("  {:<26}  {}\n", fmt::format("{} {}", option.name, option.value_name),
                        option.help);
  return text;
}

}  // namespace nephele
