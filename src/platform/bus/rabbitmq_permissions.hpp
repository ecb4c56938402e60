// What the user of one host may do on a broker, so that stolen credentials of a host reach nothing
// but that host's own queues and what answers hosts: as definitions, which `rabbitmqctl
// import_definitions` takes.
//
// RabbitMQ checks three patterns per virtual host (configure: to declare and delete; write: to
// publish to an exchange, to bind a queue; read: to consume, to bind to an exchange), and on topic
// exchanges the routing keys that are published (write) and bound (read).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "platform/bus/rabbitmq.hpp"
#include "platform/random.hpp"

namespace platform::rabbitmq {

// Of one service's exchange.
struct ExchangeAccess {
  std::string exchange;
  std::vector<std::string> own_topics;     // to which the host listens alone
  std::vector<std::string> called_topics;  // which it calls
  std::vector<std::string> heard_fanouts;
};

struct HostUser {
  std::string name;  // sender.hpp
  std::string password;
  std::vector<ExchangeAccess> access;
};

// The users, their permissions, and the exchanges and queues that they expect to be there. JSON.
// The passwords are in it as salted hashes only.
[[nodiscard]] std::string write_definitions(const std::string& virtual_host,
                                            std::span<const HostUser> users, Random& random,
                                            const std::string& name_prefix = {});

}  // namespace platform::rabbitmq
