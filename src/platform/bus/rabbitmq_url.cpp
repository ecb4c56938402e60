#include "platform/bus/rabbitmq_url.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/url_authority.hpp"

namespace platform {
namespace {

constexpr uint16_t kPort = 5672;
constexpr uint16_t kTlsPort = 5671;

[[noreturn]] void refuse_transport_url(std::string_view what) {
  throw base::Error(base::ErrorKind::bad_request,
                    fmt::format("transport_url {}; it is written as "
                                "rabbit://user:password@host:5672,host2:5672/virtual_host",
                                what));
}

// What a broker's text leaves out, it has from the one before.
void parse_broker(std::string_view text, TransportUrl::Broker& broker) {
  const UrlAuthority authority = parse_url_authority(text, "transport_url");
  broker.host = authority.host.empty() ? "localhost" : authority.host;
  if (authority.user) {
    broker.user = *authority.user;
    broker.password = authority.password.value_or("");
  }
  if (authority.port) broker.port = *authority.port;
}

}  // namespace

TransportUrl parse_transport_url(std::string_view text) {
  TransportUrl url;
  const size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) refuse_transport_url("has no scheme");
  const std::string_view scheme = text.substr(0, scheme_end);
  if (scheme != "rabbit" && scheme != "amqp" && scheme != "amqps")
    refuse_transport_url(fmt::format("has the scheme '{}', which is not known here", scheme));
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

namespace {

std::string write_transport_url(const TransportUrl& url, bool with_credentials) {
  std::string hosts;
  for (const TransportUrl::Broker& broker : url.brokers) {
    if (!hosts.empty()) hosts += ',';
    if (with_credentials)
      hosts += fmt::format("{}:{}@", base::percent_encode(broker.user),
                           base::percent_encode(broker.password));
    hosts += fmt::format("{}:{}", broker.host, broker.port);
  }
  const std::string virtual_host =
      with_credentials ? base::percent_encode(url.virtual_host) : url.virtual_host;
  return fmt::format("{}://{}/{}", url.tls ? "amqps" : "rabbit", hosts,
                     url.virtual_host == "/" ? "" : virtual_host);
}

}  // namespace

std::string to_text(const TransportUrl& url) { return write_transport_url(url, true); }

std::string without_credentials(const TransportUrl& url) { return write_transport_url(url, false); }

}  // namespace platform
