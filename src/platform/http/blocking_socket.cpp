#include "platform/http/blocking_socket.hpp"

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace platform::http {

namespace {

bool must_wait() { return errno == EAGAIN || errno == EWOULDBLOCK; }

[[noreturn]] void broken_off(const char* what) {
  throw base::Error(base::ErrorKind::bad_request, "The client broke off the transfer.",
                    std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

void BlockingSocket::wait_for(short events) {
  pollfd waiting{descriptor_, events, 0};
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(timeout_);
  int ready = 0;
  do ready = ::poll(&waiting, 1, static_cast<int>(milliseconds.count()));
  while (ready < 0 && errno == EINTR);
  if (ready == 0)
    throw base::Error(base::ErrorKind::timeout, "The client stalled during the transfer.");
  if (ready < 0) broken_off("poll");
}

size_t BlockingSocket::receive(char* buffer, size_t size) {
  for (;;) {
    const ssize_t count = ::recv(descriptor_, buffer, size, MSG_DONTWAIT);
    if (count >= 0) return static_cast<size_t>(count);
    if (errno == EINTR) continue;
    if (!must_wait()) broken_off("recv");
    wait_for(POLLIN);
  }
}

void BlockingSocket::send(std::string_view bytes, More more) {
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more == More::follows ? MSG_MORE : 0);
  while (!bytes.empty()) {
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), flags);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (!must_wait()) broken_off("send");
    wait_for(POLLOUT);
  }
}

void BlockingSocket::send_file(int file, uint64_t offset, uint64_t length) {
  constexpr uint64_t kAtOnce = 1 << 20;
  auto position = static_cast<off_t>(offset);
  while (length > 0) {
    // Asking first keeps this bounded by the timeout also on a socket in blocking mode.
    wait_for(POLLOUT);
    const ssize_t count = ::sendfile(descriptor_, file, &position, std::min(length, kAtOnce));
    if (count > 0) {
      length -= static_cast<uint64_t>(count);
      continue;
    }
    if (count == 0)
      throw base::Error(base::ErrorKind::internal, "Stored data is shorter than announced.");
    if (errno != EINTR && !must_wait()) broken_off("sendfile");
  }
}

std::ptrdiff_t send_now(int descriptor, std::string_view first, std::string_view second) {
  iovec parts[2] = {{const_cast<char*>(first.data()), first.size()},
                    {const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = second.empty() ? 1 : 2;
  ssize_t count = 0;
  do count = ::sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  if (count < 0 && must_wait()) return 0;
  return count;
}

}  // namespace platform::http
