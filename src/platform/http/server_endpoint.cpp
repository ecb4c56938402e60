#include "platform/http/server_endpoint.hpp"

#include <fmt/core.h>
#include <linux/filter.h>
#include <sys/socket.h>

#include "base/error.hpp"
#include "platform/log.hpp"

namespace platform::http {
namespace {

constexpr auto kAcceptPause = std::chrono::milliseconds{100};

std::string peer_text(const Socket& socket) {
  ErrorCode error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return {};
  const auto address = peer.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

// Exchanges the socket of a client that speaks TLS for one on which it is plain HTTP.
bool take_off_tls(TlsServer& tls, Socket& socket) {
  ErrorCode error;
  const int client = socket.release(error);
  if (error) return false;
  const int plain = tls.take(client);
  if (plain < 0) return false;
  // Asio only wants to know that it is a stream.
  return !socket.assign(Tcp::v4(), plain, error);
}

[[noreturn]] void refuse_listener(const Listener& listener, const ErrorCode& error) {
  throw base::Error(base::ErrorKind::unavailable,
                    fmt::format("Cannot listen on {} port {}.", listener.address, listener.port),
                    error.message());
}

ErrorCode share_port(int socket, ErrorCode& error) {
  const int on = 1;
  if (::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
    error.assign(errno, boost::system::system_category());
  return error;
}

Tcp family_of(int listening_socket) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  ::getsockname(listening_socket, reinterpret_cast<sockaddr*>(&name), &size);
  return name.ss_family == AF_INET6 ? Tcp::v6() : Tcp::v4();
}

}  // namespace

Endpoint::Endpoint(asio::io_context& io, Listener listener)
    : listener_(std::make_shared<Listener>(std::move(listener))),
      adopted_(0),
      acceptor_(io.get_executor()),
      pause_(io.get_executor()) {
  bind();
  listener_->port = acceptor_.local_endpoint().port();
}

Endpoint::Endpoint(asio::io_context& io, int listening_socket, Handler handler, uint64_t adopted)
    : listener_(std::make_shared<Listener>(Listener{.handler = std::move(handler)})),
      adopted_(adopted),
      acceptor_(io.get_executor(), family_of(listening_socket), listening_socket),
      pause_(io.get_executor()) {}

void Endpoint::bind() {
  const Listener& listener = *listener_;
  ErrorCode error;
  const auto address = asio::ip::make_address(listener.address, error);
  if (error) refuse_listener(listener, error);
  const Tcp::endpoint where(address, listener.port);
  const bool listens = !acceptor_.open(where.protocol(), error) &&
                       !acceptor_.set_option(asio::socket_base::reuse_address(true), error) &&
                       (!listener.shared || !share_port(acceptor_.native_handle(), error)) &&
                       !acceptor_.bind(where, error) &&
                       !acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!listens) refuse_listener(listener, error);
}

void Endpoint::accept(std::function<void(Newcomer)> take) {
  take_ = std::move(take);
  accept_next();
}

void Endpoint::accept_next() {
  auto socket = std::make_shared<Socket>(acceptor_.get_executor());
  acceptor_.async_accept(*socket, [self = shared_from_this(), socket](ErrorCode error) {
    if (!error) self->take_in(std::move(*socket));
    if (!self->is_open()) return;
    if (!error) return self->accept_next();
    // Out of descriptors, most likely: trying again at once would only burn the processor.
    log_warning("accept failed error={}", error.message());
    self->pause_.expires_after(kAcceptPause);
    self->pause_.async_wait([self](ErrorCode) {
      if (self->is_open()) self->accept_next();
    });
  });
}

void Endpoint::take_in(Socket socket) {
  std::string peer = peer_text(socket);
  if (!listener_->tls || take_off_tls(*listener_->tls, socket))
    take_({listener_, std::move(socket), std::move(peer)});
}

void Endpoint::refuse_handshakes() {
  constexpr uint32_t kFlagsOffset = 13;  // in the TCP header
  constexpr uint32_t kSynAndAck = 0x12;
  constexpr uint32_t kSyn = 0x02;
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlagsOffset),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kSynAndAck),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSyn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
  };
  const sock_fprog program{std::size(code), code};
  ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

void Endpoint::close() {
  ErrorCode ignored;
  static_cast<void>(acceptor_.close(ignored));
  static_cast<void>(pause_.cancel());
}

}  // namespace platform::http
