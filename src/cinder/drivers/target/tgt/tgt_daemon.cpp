#include "cinder/drivers/target/tgt/tgt_daemon.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "platform/log.hpp"

namespace cinder::drivers {
namespace {

using base::Error;
using base::ErrorKind;
using platform::ProcessIdentity;

constexpr base::Duration kStartPatience = std::chrono::seconds{5};
constexpr base::Duration kLook = std::chrono::milliseconds{10};

// tgt appends the number of a control port, which is always 0 here.
std::string listening_path(const std::string& directory) { return directory + "/control.0"; }

// Who listens at that socket.
std::optional<ProcessIdentity> find_listener(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw Error(ErrorKind::unavailable, "The path of tgtd's control socket is too long.", path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::nullopt;
  const base::ScopeExit close_it([descriptor] { ::close(descriptor); });
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return std::nullopt;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return platform::identify_process(peer.pid);
}

}  // namespace

TgtDaemon::TgtDaemon(TgtOptions options, platform::Runtime runtime)
    : options_(std::move(options)), runtime_(runtime) {}

std::string TgtDaemon::socket_path() const { return options_.directory + "/control"; }

std::string TgtDaemon::last_words() const {
  std::ifstream file(options_.directory + "/tgtd.log");
  std::string line;
  std::string last = "it did not say why";
  while (std::getline(file, line))
    if (!base::trim(line).empty()) last = base::trim(line);
  return last;
}

std::optional<ProcessIdentity> TgtDaemon::find() {
  if (known_ && platform::is_running(*known_)) return known_;
  return known_ = find_listener(listening_path(options_.directory));
}

ProcessIdentity TgtDaemon::ensure() {
  if (const auto running = find()) return *running;
  std::error_code error;
  std::filesystem::create_directories(options_.directory, error);
  std::filesystem::permissions(options_.directory, std::filesystem::perms::owner_all, error);
  if (error)
    throw Error(ErrorKind::unavailable, "can not make the directory " + options_.directory,
                error.message());
  // Whoever breaks into it from the network may do nothing else to the host.
  static_cast<void>(
      platform::start_daemon({"env", "TGT_IPC_SOCKET=" + socket_path(), "tgtd", "-f",
                              "--nr_iothreads", "4", "--iscsi", "portal=" + options_.portal},
                             options_.directory + "/tgtd.log", {}, platform::Privileges::none));
  const base::SteadyTime deadline = runtime_.clock.steady() + kStartPatience;
  while (!find()) {
    if (runtime_.clock.steady() > deadline)
      throw Error(ErrorKind::unavailable,
                  "The iSCSI target daemon did not start. Is tgt installed, and its port free?",
                  fmt::format("portal={} tgtd said: {}", options_.portal, last_words()));
    runtime_.executor.sleep_for(kLook);
  }
  platform::log_info("iscsi target daemon started pid={} portal={}", known_->pid, options_.portal);
  return *known_;
}

platform::ProcessResult TgtDaemon::execute(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {"env", "TGT_IPC_SOCKET=" + socket_path(), "tgtadm", "--lld", "iscsi"});
  return platform::run_process(arguments);
}

std::string TgtDaemon::run(std::vector<std::string> arguments) {
  const std::string what = base::join({arguments.begin(), arguments.begin() + 4}, " ");
  platform::ProcessResult result = execute(std::move(arguments));
  if (result.exit_code == 0) return std::move(result.output);
  throw Error(ErrorKind::internal, "The iSCSI target daemon refused the operation.",
              fmt::format("tgtadm {}: exit code {}: {}", what, result.exit_code,
                          base::trim(result.errors)));
}

bool TgtDaemon::try_run(std::vector<std::string> arguments) {
  return execute(std::move(arguments)).exit_code == 0;
}

bool end_tgt_daemon(const std::string& directory) {
  const auto daemon = find_listener(listening_path(directory));
  if (!daemon) return false;
  // It does not end by itself while it has targets.
  platform::end_process(*daemon, base::Duration{0});
  return true;
}

}  // namespace cinder::drivers
