#include "platform/owner_mark.hpp"

#include <fmt/core.h>

#include <cstring>
#include <filesystem>

#include "base/text.hpp"
#include "platform/crypto.hpp"

namespace platform {
namespace {

constexpr std::string_view kMaker = "nephele ";
constexpr std::string_view kOf = " of ";
// The kernel takes 255 bytes; kind and id need 60.
constexpr size_t kOwnerLimit = 190;

}  // namespace

std::string owner_of_directory(const std::string& directory) {
  const std::filesystem::path whole = std::filesystem::absolute(directory);
  std::error_code error;  // of one that can not be there, for its name is too long
  std::string path = std::filesystem::weakly_canonical(whole, error).string();
  if (error) path = whole.lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.size() <= kOwnerLimit ? path : "sha256:" + base::to_hex(sha256(path));
}

std::string to_text(const OwnerMark& mark) {
  return fmt::format("{}{} {}{}{}", kMaker, mark.kind, mark.id, kOf, mark.owner);
}

std::optional<OwnerMark> parse_owner_mark(std::string_view alias) {
  if (!alias.starts_with(kMaker)) return std::nullopt;
  alias.remove_prefix(kMaker.size());
  const size_t space = alias.find(' ');
  const size_t of = alias.find(kOf);
  if (of == std::string_view::npos || space >= of) return std::nullopt;
  return OwnerMark{std::string(alias.substr(0, space)),
                   std::string(alias.substr(space + 1, of - space - 1)),
                   std::string(alias.substr(of + kOf.size()))};
}

uint32_t owner_number(const std::string& owner) {
  uint32_t number = 0;
  std::memcpy(&number, sha256(owner).data(), sizeof number);
  return number == 0 ? 1 : number;
}

}  // namespace platform
