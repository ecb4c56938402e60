#include "nova/drivers/durable_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/error.hpp"
#include "base/scope_exit.hpp"

namespace nova::drivers {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw_file_error(errno, "The host could not write a file of the server.", what);
}

constexpr mode_t kForGroup = 0640;
constexpr mode_t kForOwner = 0600;

void write_as(const std::string& path, std::string_view text, mode_t mode) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) fail("create " + path);
  const base::ScopeExit close_file([&] { ::close(file); });
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("write " + path);
    text.remove_prefix(static_cast<size_t>(count));
  }
}

void write_durably_as(const std::string& path, std::string_view text, mode_t mode) {
  const std::string draft = path + ".new";
  base::ScopeExit give_up([&] { ::unlink(draft.c_str()); });
  write_as(draft, text, mode);
  make_durable(draft);
  if (::rename(draft.c_str(), path.c_str()) != 0) fail("rename " + draft);
  give_up.release();
}

}  // namespace

void throw_file_error(int error, const std::string& message, const std::string& what) {
  if (error == ENOSPC || error == EDQUOT)
    throw base::Error(base::ErrorKind::unavailable, "The host's disk for instances is full.", what);
  throw base::Error(base::ErrorKind::internal, message,
                    fmt::format("{}: {}", what, std::strerror(error)));
}

void write_file(const std::string& path, std::string_view text) { write_as(path, text, kForGroup); }

void make_durable(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail("open " + path);
  const base::ScopeExit close_file([&] { ::close(file); });
  if (::fsync(file) != 0) fail("sync " + path);
}

void write_durably(const std::string& path, std::string_view text) {
  write_durably_as(path, text, kForGroup);
}

void write_secret(const std::string& path, std::string_view text) {
  write_durably_as(path, text, kForOwner);
}

}  // namespace nova::drivers
