// One connection of a client that speaks TLS, and its plain twin at the HTTP server.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace platform::http {

struct FreeTls {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// Used by one thread; never blocks.
class TlsTunnel {
 public:
  struct Limits {
    base::Duration handshake;
    base::Duration stall;
  };
  // Owns both sockets, which are set to non-blocking mode.
  TlsTunnel(SSL_CTX* context, int client, int server, Limits limits, base::SteadyTime now);
  ~TlsTunnel();
  TlsTunnel(const TlsTunnel&) = delete;
  TlsTunnel& operator=(const TlsTunnel&) = delete;

  // Moves what can be moved now. False: it has ended.
  [[nodiscard]] bool work(base::SteadyTime now);
  [[nodiscard]] bool is_overdue(base::SteadyTime now) const { return deadline_ <= now; }

  [[nodiscard]] int client() const { return client_; }
  [[nodiscard]] int server() const { return server_; }
  // It has moved much and could go on at once: others first.
  [[nodiscard]] bool has_more() const { return has_more_; }
  // epoll(7) events that let it go on; 0: it is not to be watched.
  [[nodiscard]] uint32_t client_events() const;
  [[nodiscard]] uint32_t server_events() const;

 private:
  // Bytes on their way in one direction.
  struct Cargo {
    std::array<char, 16384> bytes;
    size_t begin = 0;
    size_t end = 0;
    [[nodiscard]] bool is_empty() const { return begin == end; }
    [[nodiscard]] size_t size() const { return end - begin; }
    [[nodiscard]] const char* data() const { return bytes.data() + begin; }
    void fill(size_t count) { begin = 0, end = count; }
  };
  enum class Step { moved, waits, ended };

  Step shake_hands();
  Step read_client();
  Step write_server();
  Step read_server();
  Step write_client();
  Step end_client(base::SteadyTime now);
  Step discard();
  // What a call of OpenSSL waits for; `ended` if nothing can come any more.
  Step after(int result);

  std::unique_ptr<SSL, FreeTls> ssl_;
  int client_;
  int server_;
  Limits limits_;
  base::SteadyTime deadline_;
  Cargo up_;    // from the client
  Cargo down_;  // to it
  bool has_more_ = false;
  bool has_shaken_hands_ = false;
  bool client_ended_ = false;
  bool server_ended_ = false;
  bool told_server_ = false;
  bool told_client_ = false;
  bool wants_read_ = true;
  bool wants_write_ = false;
};

}  // namespace platform::http
