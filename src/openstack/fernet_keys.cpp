// Keystone's key repository: https://docs.openstack.org/keystone/latest/admin/fernet-token-faq.html
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "openstack/token.hpp"

namespace openstack {
namespace {

namespace fs = std::filesystem;

constexpr size_t kKeyBytes = 32;
constexpr base::Duration kLookInterval = std::chrono::seconds(1);

[[noreturn]] void fail(const std::string& what, const std::string& why) {
  throw base::Error(base::ErrorKind::internal, "The token keys can not be used.",
                    fmt::format("{}: {}", what, why));
}

std::string file_of(const std::string& directory, int64_t number) {
  return fmt::format("{}/{}", directory, number);
}

// Number -> file's text, lowest first. Other files are none of ours.
std::map<int64_t, std::string> read_keys(const std::string& directory) {
  std::map<int64_t, std::string> keys;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const auto number = base::parse_integer(entry.path().filename().string());
    if (!number || *number < 0) continue;
    std::ifstream file(entry.path());
    std::string text;
    std::getline(file, text);
    keys[*number] = text;
  }
  return keys;
}

// Whole or not at all, and on disk when it returns.
void write_key(const std::string& directory, int64_t number, const std::string& text) {
  const std::string temporary = fmt::format("{}/.{}.new", directory, number);
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) fail(temporary, std::strerror(errno));
  const base::ScopeExit close([file] { ::close(file); });
  const auto size = static_cast<ssize_t>(text.size());
  if (::write(file, text.data(), text.size()) != size || ::fsync(file) != 0)
    fail(temporary, std::strerror(errno));
  if (::rename(temporary.c_str(), file_of(directory, number).c_str()) != 0)
    fail(temporary, std::strerror(errno));
}

void sync_directory(const std::string& directory) {
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) fail(directory, std::strerror(errno));
  ::fsync(file);
  ::close(file);
}

std::string new_key(platform::Random& random) {
  return base::to_base64_url(random.bytes(kKeyBytes));
}

// The directory's time of change, which every rename in it moves; -1 if it can not be read.
int64_t stamp_of(const std::string& directory) {
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0) return -1;
  return status.st_mtim.tv_sec * int64_t{1'000'000'000} + status.st_mtim.tv_nsec;
}

// The primary first; the staged key last.
std::shared_ptr<const platform::Fernet> load(const std::string& directory) {
  const auto numbered = read_keys(directory);
  std::vector<std::string> keys;
  for (auto row = numbered.rbegin(); row != numbered.rend(); ++row) {
    auto key = base::from_base64_url(row->second);
    if (!key || key->size() != kKeyBytes) fail(file_of(directory, row->first), "is no Fernet key");
    keys.push_back(std::move(*key));
  }
  if (keys.empty()) fail(directory, "holds no keys");
  return std::make_shared<const platform::Fernet>(std::move(keys));
}

}  // namespace

void FernetKeys::ensure(const std::string& directory, platform::Random& random) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) fail(directory, error.message());
  const auto keys = read_keys(directory);
  if (keys.empty()) ::chmod(directory.c_str(), 0700);
  if (keys.empty() || keys.rbegin()->first == 0) write_key(directory, 1, new_key(random));
  if (!keys.contains(0)) write_key(directory, 0, new_key(random));
  sync_directory(directory);
}

void FernetKeys::rotate(const std::string& directory, platform::Random& random, size_t max_active) {
  ensure(directory, random);
  auto keys = read_keys(directory);
  const int64_t primary = keys.rbegin()->first + 1;
  // Written under the new number first: a crash between the two leaves a key twice, not none.
  write_key(directory, primary, keys.at(0));
  write_key(directory, 0, new_key(random));
  keys[primary] = keys[0];
  for (auto key = std::next(keys.begin()); keys.size() > std::max<size_t>(max_active, 2);) {
    ::unlink(file_of(directory, key->first).c_str());
    key = keys.erase(key);
  }
  sync_directory(directory);
}

FernetKeys::FernetKeys(std::string directory) : directory_(std::move(directory)) {}

std::shared_ptr<const platform::Fernet> FernetKeys::current(base::SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (fernet_ && now - checked_ < kLookInterval) return fernet_;
  checked_ = now;
  const int64_t stamp = stamp_of(directory_);
  if (fernet_ && (stamp == stamp_ || stamp < 0)) return fernet_;
  fernet_ = load(directory_);
  stamp_ = stamp;
  return fernet_;
}

}  // namespace openstack
