#include "nova/drivers/hypervisor/qemu/qmp.hpp"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace nova::drivers {
namespace {

// A well-meaning QEMU never says more in one line.
constexpr size_t kLineLimit = 4 << 20;

[[noreturn]] void gone(const std::string& detail) {
  throw base::Error(base::ErrorKind::unavailable, "The guest's QEMU does not answer.", detail);
}

void set_timeouts(int descriptor, base::Duration timeout) {
  timeval value{};
  value.tv_sec = timeout.count() / 1'000'000;
  value.tv_usec = timeout.count() % 1'000'000;
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
}

int connect_to(const std::string& path, base::Duration timeout) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) gone("socket path too long: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) gone(std::strerror(errno));
  set_timeouts(descriptor, timeout);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::string why = std::strerror(errno);
    ::close(descriptor);
    gone(fmt::format("{}: {}", path, why));
  }
  return descriptor;
}

}  // namespace

QmpClient::QmpClient(const std::string& socket_path, base::Duration timeout)
    : socket_(connect_to(socket_path, timeout)) {
  try {
    static_cast<void>(read_line());  // the greeting
    static_cast<void>(execute("qmp_capabilities"));
  } catch (...) {
    ::close(socket_);
    throw;
  }
}

QmpClient::~QmpClient() { ::close(socket_); }

base::Json QmpClient::execute(const std::string& command, const base::Json& arguments) {
  base::JsonObject request{{"execute", command}};
  if (!arguments.is_null()) request["arguments"] = arguments;
  write(base::to_text(base::Json(std::move(request))) + "\n");
  for (;;) {
    const base::Json answer = base::parse_json(read_line());
    if (const base::Json* result = base::find(answer, "return")) return *result;
    if (const base::Json* error = base::find(answer, "error"))
      throw base::Error(base::ErrorKind::internal, "QEMU refused the operation.",
                        fmt::format("{}: {}", command, base::text_or(*error, "desc")));
  }
}

std::string QmpClient::read_line() {
  for (;;) {
    const size_t end = buffer_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    if (buffer_.size() > kLineLimit) gone("a QMP line without end");
    std::array<char, 16384> chunk{};
    const ssize_t count = ::recv(socket_, chunk.data(), chunk.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      throw base::Error(base::ErrorKind::timeout, "The guest's QEMU does not answer in time.");
    if (count <= 0) gone("connection closed");
    buffer_.append(chunk.data(), static_cast<size_t>(count));
  }
}

void QmpClient::write(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) gone(std::strerror(errno));
    rest.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace nova::drivers
