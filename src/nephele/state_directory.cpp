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

#include "base/described.hpp"
#include "base/error.hpp"
#include "base/scope_exit.hpp"
#include "base/text.hpp"

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

std::string random_password(platform::Random& random) { return base::to_hex(random.bytes(12)); }

}  // namespace

BOOST_DESCRIBE_STRUCT(Secrets, (), (admin_password, service_password, metadata_secret))

void StateDirectory::ensure() const {
  for (const std::string& path : {root, root + "/db", root + "/log", traces(), images(),
                                  instances(), networks(), root + "/etc"}) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error)
      throw base::Error(base::ErrorKind::unavailable,
                        fmt::format("cannot make {}: {}", path, error.message()));
    if (::chmod(path.c_str(), 0700) != 0) fail("set the mode of", path);
  }
}

StateLock::StateLock(const StateDirectory& directory) : pid_file_(directory.pid_file()) {
  descriptor_ = ::open(pid_file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail("open", pid_file_);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const std::string holder(base::trim(read_file(pid_file_)));
    ::close(descriptor_);
    throw base::Error(
        base::ErrorKind::conflict,
        fmt::format("a cloud already runs on {} (process {}); stop it first or give another "
                    "--state-dir",
                    directory.root, holder));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor_, 0) != 0 ||
      ::pwrite(descriptor_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    fail("write", pid_file_);
}

StateLock::~StateLock() {
  ::unlink(pid_file_.c_str());
  ::close(descriptor_);
}

Secrets ensure_secrets(const StateDirectory& directory, platform::Random& random) {
  const std::string path = directory.root + "/secrets.json";
  if (std::filesystem::exists(path))
    return base::from_json<Secrets>(base::parse_json(read_file(path)));
  const Secrets secrets{random_password(random), random_password(random), random_password(random)};
  write_file(path, base::to_text(base::to_json(secrets)), 0600);
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
