// The bus over RabbitMQ (AMQP 0-9-1): the roles of many machines reach each other.
//
// A cast waits in a durable quorum queue with the topic's name; it is settled when the broker has
// confirmed it, and acknowledged when its handler is done. A call goes to a queue that exists as
// long as somebody listens, so that it comes back at once otherwise; it is handled at most once.
// A fanout goes to a queue of each subscriber. After a lost connection everything is set up again,
// with any broker of the list, and what was not confirmed is sent again.
//
// A cast whose handler throws comes back after a delay; after the last try, and when it was taken
// by one process after another that died with it, it is a dead letter (rabbitmq_queues.hpp).
#pragma once

#include <memory>
#include <span>
#include <string>

#include "platform/bus/bus.hpp"
#include "platform/bus/rabbitmq_url.hpp"
#include "platform/config.hpp"
#include "platform/runtime.hpp"

namespace platform {

struct RabbitmqOptions {
  TransportUrl url;
  std::string exchange = "openstack";  // of the service: "nova", "neutron", ...
  std::string name_prefix;  // before the name of every queue and exchange; for tests on one broker

  bool verify_tls = true;     // if url.tls
  std::string tls_ca_file;    // PEM; empty: the system's authorities
  std::string tls_cert_file;  // PEM of the client; empty: none
  std::string tls_key_file;

  base::Duration heartbeat = std::chrono::seconds{60};
  base::Duration retry_interval = std::chrono::seconds{1};  // doubles up to the next
  base::Duration longest_retry_interval = std::chrono::seconds{30};
};

// Connects in the background; until then casts wait, and calls until their timeout.
[[nodiscard]] std::unique_ptr<Bus> make_rabbitmq_bus(Runtime runtime,
                                                     const RabbitmqOptions& options);

// Signs in to the first broker of the list that takes it, and out again: for a start that is to say
// what is wrong. Throws base::Error that names the broker: bad_request if one refuses the user, the
// password or the virtual host, else unavailable.
void check_broker(const RabbitmqOptions& options);

// [DEFAULT] transport_url, control_exchange and [oslo_messaging_rabbit], as oslo.messaging has
// them.
[[nodiscard]] std::span<const Option> bus_options();

// Whether transport_url names brokers; false: "in-process".
[[nodiscard]] bool has_broker(const Config& config);
// What the options of bus_options() say for a service. Throws base::Error(bad_request).
[[nodiscard]] RabbitmqOptions rabbitmq_options(const Config& config, std::string_view service);

}  // namespace platform
