#include "nova/messages.hpp"
#include "nova/service.hpp"
#include "nova/store/hosts.hpp"

namespace nova {

std::vector<std::string> list_compute_topics(platform::Database& database) {
  std::vector<std::string> topics;
  database.read([&](platform::Session& session) {
    for (const store::ServiceRow& service : store::list_services(session)) {
      if (service.binary_name != "nova-compute") continue;
      topics.push_back(compute_topic(service.host));
      topics.push_back(compute_events_topic(service.host));
    }
  });
  return topics;
}

}  // namespace nova
