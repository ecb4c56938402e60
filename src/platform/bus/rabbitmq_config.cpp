#include "base/error.hpp"
#include "platform/bus/rabbitmq.hpp"

namespace platform {
namespace {

constexpr std::string_view kInProcess = "in-process";
constexpr std::string_view kGroup = "oslo_messaging_rabbit";

constexpr Option kOptions[] = {
    {"DEFAULT", "transport_url", OptionType::text, kInProcess,
     "the message bus: rabbit://user:password@host:5672,user:password@host2:5672/virtual_host, "
     "amqps:// for TLS; in-process: roles reach those of their own process only",
     true},
    {"DEFAULT", "control_exchange", OptionType::text, "",
     "exchange under which the topics are; empty: the service's name"},
    {kGroup, "ssl", OptionType::boolean, "false", "connect over TLS; amqps:// says the same"},
    {kGroup, "ssl_ca_file", OptionType::text, "",
     "PEM file of the authorities that a broker's certificate must come from; empty: the system's"},
    {kGroup, "ssl_cert_file", OptionType::text, "", "PEM file of the certificate to show brokers"},
    {kGroup, "ssl_key_file", OptionType::text, "", "PEM file of that certificate's key"},
    {kGroup, "heartbeat_timeout_threshold", OptionType::integer, "60",
     "seconds of silence after which a connection counts as dead", false, 1},
    {kGroup, "rabbit_retry_interval", OptionType::integer, "1",
     "seconds before the second attempt to connect; doubled with each further one", false, 1},
    {kGroup, "rabbit_interval_max", OptionType::integer, "30",
     "most seconds between attempts to connect", false, 1},
};

}  // namespace

std::span<const Option> bus_options() { return kOptions; }

bool has_broker(const Config& config) {
  return config.text("DEFAULT", "transport_url") != kInProcess;
}

RabbitmqOptions rabbitmq_options(const Config& config, std::string_view service) {
  RabbitmqOptions options;
  options.url = parse_transport_url(config.text("DEFAULT", "transport_url"));
  if (config.boolean(kGroup, "ssl")) options.url.tls = true;
  options.exchange = config.text("DEFAULT", "control_exchange");
  if (options.exchange.empty()) options.exchange = service;
  options.tls_ca_file = config.text(kGroup, "ssl_ca_file");
  options.tls_cert_file = config.text(kGroup, "ssl_cert_file");
  options.tls_key_file = config.text(kGroup, "ssl_key_file");
  if (options.tls_cert_file.empty() != options.tls_key_file.empty())
    throw base::Error(
        base::ErrorKind::bad_request,
        "set both ssl_cert_file and ssl_key_file in [oslo_messaging_rabbit], or none");
  const auto seconds = [&](std::string_view name) {
    return std::chrono::seconds{config.integer(kGroup, name)};
  };
  options.heartbeat = seconds("heartbeat_timeout_threshold");
  options.retry_interval = seconds("rabbit_retry_interval");
  options.longest_retry_interval = seconds("rabbit_interval_max");
  return options;
}

}  // namespace platform
