// A private tgtd and its tongue, tgtadm: one per directory, which holds its control socket and log.
// The daemon outlives whoever started it and is found again by its socket.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/process.hpp"
#include "platform/runtime.hpp"

namespace cinder::drivers {

struct TgtOptions {
  std::string directory;  // of the control socket and the log
  std::string portal;     // "192.0.2.1:3260": where it listens
  std::string iqn_prefix = "iqn.2010-10.org.openstack:";
};

// Not thread-safe.
class TgtDaemon {
 public:
  TgtDaemon(TgtOptions options, platform::Runtime runtime);

  // The running daemon, if there is one.
  [[nodiscard]] std::optional<platform::ProcessIdentity> find();
  // The same, started if need be. Throws Error(unavailable) that says what is missing.
  platform::ProcessIdentity ensure();
  // tgtadm with these arguments. Throws Error(internal) with what it said, not with the arguments:
  // they may hold a secret.
  std::string run(std::vector<std::string> arguments);
  // The same, where it may be so already, or is gone: false if tgtadm refused.
  bool try_run(std::vector<std::string> arguments);

 private:
  [[nodiscard]] std::string socket_path() const;
  [[nodiscard]] std::string last_words() const;
  platform::ProcessResult execute(std::vector<std::string> arguments);

  TgtOptions options_;
  platform::Runtime runtime_;
  std::optional<platform::ProcessIdentity> known_;
};

// Ends the daemon of that directory, if it runs; true: it did.
bool end_tgt_daemon(const std::string& directory);

}  // namespace cinder::drivers
