// What an examination of a host or a cloud found: the rows of `nephele doctor`.
#pragma once

#include <functional>
#include <string>

namespace platform {

enum class Severity { ok, warning, problem };

struct Finding {
  Severity severity = Severity::ok;
  std::string subject;  // "dnsmasq", "kvm", "tap of port <id>"
  std::string text;     // what was found
  std::string advice;   // what to do; empty if ok
};

// Something is on a host that should not be there, or the other way round.
struct Difference {
  std::string subject;  // "server <id>"
  std::string text;     // what differs
  // The role of the host that closes it by itself, e.g. "nova-compute"; empty: none does.
  std::string role;
  std::string advice;  // what to do while no role closes it, and mend can not
  // Closes it and says what was done; only while the role does not run. Throws base::Error. May be
  // null.
  std::function<std::string()> mend = nullptr;
};

}  // namespace platform
