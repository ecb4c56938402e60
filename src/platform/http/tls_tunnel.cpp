#include "platform/http/tls_tunnel.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "platform/executor.hpp"
#include "platform/log.hpp"

namespace platform::http {
namespace {

// Then others have their turn.
constexpr int kRounds = 16;
constexpr base::Duration kFarewell = std::chrono::seconds{2};

void never_block(int socket) { ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK); }

}  // namespace

TlsTunnel::TlsTunnel(SSL_CTX* context, int client, int server, Limits limits, base::SteadyTime now)
    : ssl_(SSL_new(context)),
      client_(client),
      server_(server),
      limits_(limits),
      deadline_(now + limits.handshake) {
  never_block(client_);
  never_block(server_);
  const int yes = 1;
  ::setsockopt(client_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (!ssl_ || SSL_set_fd(ssl_.get(), client_) != 1) client_ended_ = server_ended_ = true;
}

TlsTunnel::~TlsTunnel() {
  ssl_.reset();
  ::close(client_);
  ::close(server_);
}

bool TlsTunnel::work(base::SteadyTime now) {
  if (!ssl_) return false;
  ERR_clear_error();
  wants_read_ = wants_write_ = false;
  if (!has_shaken_hands_) {
    if (const Step step = shake_hands(); step != Step::moved) return step == Step::waits;
    deadline_ = kNever;
  }
  has_more_ = true;
  for (int round = 0; round < kRounds && has_more_; ++round) {
    has_more_ = false;
    for (const auto part : {&TlsTunnel::read_client, &TlsTunnel::write_server,
                            &TlsTunnel::read_server, &TlsTunnel::write_client}) {
      const Step step = (this->*part)();
      if (step == Step::ended) return false;
      if (step == Step::moved) has_more_ = true;
    }
    if (end_client(now) == Step::ended) return false;
    if (has_more_ && !told_client_) deadline_ = kNever;
  }
  if (!down_.is_empty() && deadline_ == kNever) deadline_ = now + limits_.stall;
  return true;
}

uint32_t TlsTunnel::client_events() const {
  uint32_t events = 0;
  if (wants_read_ || (told_client_ && !client_ended_)) events |= EPOLLIN;
  if (wants_write_) events |= EPOLLOUT;
  return events;
}

uint32_t TlsTunnel::server_events() const {
  if (!has_shaken_hands_) return 0;
  uint32_t events = 0;
  if (!server_ended_ && down_.is_empty()) events |= EPOLLIN;
  if (!up_.is_empty()) events |= EPOLLOUT;
  return events;
}

TlsTunnel::Step TlsTunnel::after(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      wants_read_ = true;
      return Step::waits;
    case SSL_ERROR_WANT_WRITE:
      wants_write_ = true;
      return Step::waits;
    default:
      return Step::ended;
  }
}

TlsTunnel::Step TlsTunnel::shake_hands() {
  const int result = SSL_accept(ssl_.get());
  if (result == 1) {
    has_shaken_hands_ = true;
    return Step::moved;
  }
  const Step step = after(result);
  if (step == Step::ended) {
    const char* const reason = ERR_reason_error_string(ERR_peek_error());
    log_debug("tls handshake failed reason={}", reason == nullptr ? "the client left" : reason);
  }
  return step;
}

TlsTunnel::Step TlsTunnel::read_client() {
  if (told_client_) return discard();
  if (client_ended_ || !up_.is_empty()) return Step::waits;
  const int count = SSL_read(ssl_.get(), up_.bytes.data(), static_cast<int>(up_.bytes.size()));
  if (count > 0) {
    up_.fill(static_cast<size_t>(count));
    return Step::moved;
  }
  if (after(count) == Step::waits) return Step::waits;
  // Taken leave of, or gone without a word: the length of what it sent is in HTTP itself.
  client_ended_ = true;
  ERR_clear_error();
  return Step::moved;
}

// The farewell has been said: what a client still sends must be read, or the kernel answers it with
// a reset that overtakes the farewell.
TlsTunnel::Step TlsTunnel::discard() {
  if (client_ended_) return Step::ended;
  const ssize_t count = ::recv(client_, up_.bytes.data(), up_.bytes.size(), MSG_DONTWAIT);
  if (count > 0) return Step::moved;
  return count < 0 && errno == EAGAIN ? Step::waits : Step::ended;
}

TlsTunnel::Step TlsTunnel::write_server() {
  if (up_.is_empty()) {
    if (!client_ended_ || told_server_) return Step::waits;
    ::shutdown(server_, SHUT_WR);
    told_server_ = true;
    return Step::waits;
  }
  const ssize_t count = ::send(server_, up_.data(), up_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return Step::waits;
  // A server that reads no more still may have an answer.
  up_.begin = count < 0 ? up_.end : up_.begin + static_cast<size_t>(count);
  return Step::moved;
}

TlsTunnel::Step TlsTunnel::read_server() {
  if (server_ended_ || !down_.is_empty()) return Step::waits;
  const ssize_t count = ::recv(server_, down_.bytes.data(), down_.bytes.size(), MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return Step::waits;
  if (count > 0)
    down_.fill(static_cast<size_t>(count));
  else
    server_ended_ = true;
  return Step::moved;
}

TlsTunnel::Step TlsTunnel::write_client() {
  if (down_.is_empty()) return Step::waits;
  const int count = SSL_write(ssl_.get(), down_.data(), static_cast<int>(down_.size()));
  if (count <= 0) return after(count);
  down_.begin += static_cast<size_t>(count);
  return Step::moved;
}

TlsTunnel::Step TlsTunnel::end_client(base::SteadyTime now) {
  if (!server_ended_ || !down_.is_empty() || told_client_) return Step::waits;
  told_client_ = true;
  deadline_ = now + kFarewell;
  SSL_shutdown(ssl_.get());
  ::shutdown(client_, SHUT_WR);
  return client_ended_ ? Step::ended : Step::waits;
}

}  // namespace platform::http
