#include "platform/bus/rabbitmq_url.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace platform {
namespace {

constexpr uint16_t kPort = 5672;
constexpr uint16_t kTlsPort = 5671;

[[noreturn]] void refuse(std::string_view what) {
  throw base::Error(base::ErrorKind::bad_request,
                    fmt::format("transport_url {}; it is written as "
                                "rabbit://user:password@host:5672,host2:5672/virtual_host",
                                what));
}

uint16_t parse_port(std::string_view text) {
  const auto port = base::parse_integer(text);
  if (!port || *port < 1 || *port > 65535)
    refuse(fmt::format("has the port '{}', which is no number from 1 to 65535", text));
  return static_cast<uint16_t>(*port);
}

// "host", "host:port", "[::1]", "[::1]:port"
void parse_address(std::string_view text, TransportUrl::Broker& broker) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) refuse("has an IPv6 address without its closing bracket");
    broker.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
  } else {
    const size_t colon = std::min(text.find(':'), text.size());
    broker.host = base::percent_decode(text.substr(0, colon));
    text.remove_prefix(colon);
  }
  if (text.starts_with(':')) broker.port = parse_port(text.substr(1));
  if (broker.host.empty()) broker.host = "localhost";
}

void parse_broker(std::string_view text, TransportUrl::Broker& broker) {
  const size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view credentials = text.substr(0, at);
    const size_t colon = std::min(credentials.find(':'), credentials.size());
    broker.user = base::percent_decode(credentials.substr(0, colon));
    broker.password = colon < credentials.size()
                          ? base::percent_decode(credentials.substr(colon + 1))
                          : std::string();
    text.remove_prefix(at + 1);
  }
  parse_address(text, broker);
}

}  // namespace

TransportUrl parse_transport_url(std::string_view text) {
  TransportUrl url;
  const size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) refuse("has no scheme");
  const std::string_view scheme = text.substr(0, scheme_end);
  if (scheme != "rabbit" && scheme != "amqp" && scheme != "amqps")
    refuse(fmt::format("has the scheme '{}', which is not known here", scheme));
  url.tls = scheme == "amqps";
  text.remove_prefix(scheme_end + 3);
  text = text.substr(0, text.find('?'));
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos && slash + 1 < text.size())
    url.virtual_host = base::percent_decode(text.substr(slash + 1));

  TransportUrl::Broker broker{"", 0, "guest", "guest"};
  for (const std::string_view part : base::split(text.substr(0, slash), ',')) {
    broker.port = url.tls ? kTlsPort : kPort;
    parse_broker(base::trim(part), broker);
    url.brokers.push_back(broker);
  }
  return url;
}

std::string without_credentials(const TransportUrl& url) {
  std::string hosts;
  for (const TransportUrl::Broker& broker : url.brokers)
    hosts += fmt::format("{}{}:{}", hosts.empty() ? "" : ",", broker.host, broker.port);
  return fmt::format("{}://{}/{}", url.tls ? "amqps" : "rabbit", hosts,
                     url.virtual_host == "/" ? "" : url.virtual_host);
}

}  // namespace platform
