// Programs of the host, run with an argument vector and never through a shell.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace platform {

struct ProcessResult {
  int exit_code = -1;  // 128 + n for signal n
  std::string output;  // standard output, at most 4 MiB
  std::string errors;  // standard error, at most 1 MiB
};

struct ProcessOptions {
  base::Duration timeout = std::chrono::seconds{30};  // then SIGKILL and Error(timeout)
  std::string input;                                  // standard input
  std::string network_namespace;  // name under /run/netns; empty: the current one
};

// Runs and waits. Throws Error(unavailable) naming the program if it is not installed.
[[nodiscard]] ProcessResult run_process(const std::vector<std::string>& arguments,
                                        const ProcessOptions& options = {});
// As run_process, but a nonzero exit code throws Error(internal) with what the program said.
std::string run_checked(const std::vector<std::string>& arguments,
                        const ProcessOptions& options = {});

// Starts a program that outlives this process (a guest, dnsmasq): own session, standard streams
// appended to `log_file`. Its pid; it is not waited for (a double fork hands it to init).
// `none`: it has no capabilities, also not as root, and can never get any (no_new_privs).
enum class Privileges { inherited, none };
[[nodiscard]] pid_t start_daemon(const std::vector<std::string>& arguments,
                                 const std::string& log_file,
                                 const std::string& network_namespace = {},
                                 Privileges privileges = Privileges::inherited);

// A process identified beyond pid reuse: pid and start time of /proc/PID/stat.
struct ProcessIdentity {
  pid_t pid = 0;
  unsigned long long start_ticks = 0;
};
// nullopt if there is no such process or it is a zombie.
[[nodiscard]] std::optional<ProcessIdentity> identify_process(pid_t pid);
[[nodiscard]] bool is_running(const ProcessIdentity& process);
// SIGTERM, then SIGKILL after `grace`; returns when it is gone. Only this very process.
void end_process(const ProcessIdentity& process, base::Duration grace);
// The arguments of a running process (/proc/PID/cmdline), empty if it is gone.
[[nodiscard]] std::vector<std::string> command_line(pid_t pid);

}  // namespace platform
