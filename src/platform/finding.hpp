// What an examination of a host or a cloud found: the rows of `nephele doctor`.
#pragma once

#include <string>

namespace platform {

enum class Severity { ok, warning, problem };

struct Finding {
  Severity severity = Severity::ok;
  std::string subject;  // "dnsmasq", "kvm", "tap of port <id>"
  std::string text;     // what was found
  std::string advice;   // what to do; empty if ok
};

}  // namespace platform
