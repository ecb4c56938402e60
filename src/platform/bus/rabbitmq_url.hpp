// `transport_url` as oslo.messaging writes it:
//   rabbit://user:password@host:5672,user:password@host2:5672/virtual_host
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace platform {

struct TransportUrl {
  struct Broker {
    std::string host;
    uint16_t port = 0;
    std::string user;
    std::string password;  // never logged
  };
  bool tls = false;
  std::vector<Broker> brokers;  // at least one
  std::string virtual_host = "/";
};

// Schemes: rabbit, amqp, and amqps for TLS. Text is percent-decoded. A broker without credentials
// has those of the one before it, the first one guest's; without a port it has 5672, over TLS 5671.
// Throws base::Error(bad_request) that says what is wrong without telling a password.
[[nodiscard]] TransportUrl parse_transport_url(std::string_view url);

// As it is written in a file, with its passwords.
[[nodiscard]] std::string to_text(const TransportUrl& url);

// "rabbit://host:5672,host2:5672/virtual_host": for logs.
[[nodiscard]] std::string without_credentials(const TransportUrl& url);

}  // namespace platform
