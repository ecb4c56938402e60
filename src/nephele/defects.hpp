// What does not belong: the part of `nephele doctor` that can be mended.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nephele/command_line.hpp"
#include "platform/finding.hpp"

namespace nephele {

struct Defect {
  platform::Finding finding;
  // Mends it and says what was done. Null: it is not to be mended from here, as the finding's
  // advice says. Throws base::Error.
  std::function<std::string()> mend;
};

// Compares Nova's database with itself and, on a host that reaches it, with what is on this host:
// guests, network interfaces and disks without a server, claims without a server. Also what a dead
// letter or a role that does not report is. Defects may hold locks that keep roles of this host
// from starting meanwhile. What could not be compared is a finding, too.
[[nodiscard]] std::vector<Defect> find_defects(const CommandLine& line);

}  // namespace nephele
