// TLS in front of the HTTP server: a thread that speaks TLS with clients and plain bytes with the
// server, over a pair of sockets for each connection.
//
// TLS 1.2 and newer, forward secrecy and authenticated ciphers only. A client that stalls in its
// handshake, sends garbage or reads nothing costs two descriptors and some memory until its time
// is over; it holds up nobody. A certificate that is replaced on disk is used for the connections
// that come after.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/time.hpp"
#include "platform/config.hpp"

namespace platform::http {

struct TlsServerOptions {
  std::string certificate_file;  // PEM, with the intermediate authorities after it
  std::string key_file;          // PEM, without a passphrase
  std::string client_ca_file;    // PEM; not empty: clients must show a certificate of these
  std::string ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2
  base::Duration handshake_timeout = std::chrono::seconds{10};
  base::Duration stall_timeout = std::chrono::seconds{60};  // of a client that takes no bytes
  size_t connection_limit = 8192;                           // beyond it new ones are closed
};

// Thread-safe.
class TlsServer {
 public:
  // Throws base::Error(bad_request) that names the option if certificate or key are of no use.
  explicit TlsServer(TlsServerOptions options);
  // Hands on what the server has answered, for a few seconds at most.
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  // Takes a connected socket of a client. The socket on which it is plain HTTP, which the caller
  // owns; -1: there are too many.
  [[nodiscard]] int take(int client);

 private:
  class State;
  std::unique_ptr<State> state_;
};

// [ssl] of a service with an API, as oslo.service has it.
[[nodiscard]] std::span<const Option> tls_options();
// Null: no certificate is configured, the APIs speak plain HTTP.
[[nodiscard]] std::shared_ptr<TlsServer> make_tls_server(const Config& config);

}  // namespace platform::http
