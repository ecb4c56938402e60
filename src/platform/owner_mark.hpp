// Whose a network device of this host is: a text in the device's alias, which the kernel keeps
// and `ip link` shows ("nephele server 5f3c... of /var/lib/nephele/instances"). Clouds that share
// a host know their own devices by it, and never touch another's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace platform {

struct OwnerMark {
  std::string kind;  // "network", "server"; no space
  std::string id;    // of that network or server; no space
  std::string owner;
  bool operator==(const OwnerMark&) const = default;
};

// The name of whoever keeps its state in `directory`: its absolute path, without links; a digest
// of it if it is too long for an alias. The same before and after the directory exists.
[[nodiscard]] std::string owner_of_directory(const std::string& directory);

[[nodiscard]] std::string to_text(const OwnerMark& mark);
// nullopt: nobody has marked the device, or somebody else in another way.
[[nodiscard]] std::optional<OwnerMark> parse_owner_mark(std::string_view alias);

// A short number that stands for an owner where a text does not fit; never 0.
[[nodiscard]] uint32_t owner_number(const std::string& owner);

}  // namespace platform
