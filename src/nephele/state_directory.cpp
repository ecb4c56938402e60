#include "nephele/state_directory.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/described.hpp"
#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"
#include "platform/executor.hpp"

namespace nephele {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw base::Error(base::ErrorKind::unavailable,
                    fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Whether it got the lock. Waits for up to a second: a program that a process was about to start
// as it was killed holds the lock from its fork to its exec.
bool lock(int descriptor, int operation) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (::flock(descriptor, operation | LOCK_NB) == 0) return true;
    platform::system_executor().sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

std::string random_password(platform::Random& random) { return base::to_hex(random.bytes(12)); }

}  // namespace

BOOST_DESCRIBE_STRUCT(Secrets, (), (admin_password, service_password, metadata_secret))

void StateDirectory::ensure() const {
  for (const std::string& path : {root, root + "/db", root + "/log", traces(), images(),
                                  instances(), volumes(), networks(), root + "/etc"}) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error)
      throw base::Error(base::ErrorKind::unavailable,
                        fmt::format("cannot make {}: {}", path, error.message()));
    if (::chmod(path.c_str(), 0700) != 0) fail("set the mode of", path);
  }
}

StateLock::StateLock(std::string pid_file, Use use) : pid_file_(std::move(pid_file)), use_(use) {
  descriptor_ = ::open(pid_file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail("open", pid_file_);
  if (!lock(descriptor_, use == Use::alone ? LOCK_EX : LOCK_SH)) {
    const std::string holder(base::trim(read_file(pid_file_)));
    ::close(descriptor_);
    throw base::Error(
        base::ErrorKind::conflict,
        fmt::format("{} is held: a cloud already runs on this state directory ({}); stop it first "
                    "or give another --state-dir",
                    pid_file_, holder.empty() ? "roles of nephele run" : "process " + holder));
  }
  // What a process that was killed has left there says nothing of those who share it now.
  const std::string pid = use_ == Use::alone ? fmt::format("{}\n", ::getpid()) : "";
  if (::ftruncate(descriptor_, 0) != 0 ||
      ::pwrite(descriptor_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    fail("write", pid_file_);
}

StateLock::StateLock(StateLock&& other) noexcept
    : pid_file_(std::move(other.pid_file_)),
      use_(other.use_),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

StateLock::~StateLock() {
  if (descriptor_ < 0) return;
  if (use_ == Use::alone) ::unlink(pid_file_.c_str());
  ::close(descriptor_);
}

std::optional<Secrets> find_secrets(const StateDirectory& directory) {
  const std::string path = directory.root + "/secrets.json";
  if (!std::filesystem::exists(path)) return std::nullopt;
  return base::from_json<Secrets>(base::parse_json(read_file(path)));
}

Secrets ensure_secrets(const StateDirectory& directory, platform::Random& random) {
  if (auto secrets = find_secrets(directory)) return *secrets;
  const Secrets secrets{random_password(random), random_password(random), random_password(random)};
  write_file(directory.root + "/secrets.json", base::to_text(base::to_json(secrets)), 0600);
  return secrets;
}

void write_file(const std::string& path, const std::string& text, unsigned mode) {
  const std::string draft = path + ".new";
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) fail("write", draft);
  base::ScopeExit close_file([&] { ::close(file); });
  if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file) != 0)
    fail("write", draft);
  if (::rename(draft.c_str(), path.c_str()) != 0) fail("write", path);
}

}  // namespace nephele
