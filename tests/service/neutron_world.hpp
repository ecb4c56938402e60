// Neutron's server whole, in one process, on a database in memory; agents and Nova are played by
// the test.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "neutron/messages.hpp"
#include "neutron/service.hpp"
#include "platform/bus/in_process.hpp"
#include "platform/database/migration.hpp"
#include "temporary_directory.hpp"

namespace neutron::store {
std::span<const platform::Migration> migrations();
}

namespace tests {

// An answer and its JSON (null if it has none).
struct Answer {
  int status = 0;
  base::Json json;

  // A member by path: at("port", "fixed_ips", 0, "ip_address"). Throws if it is not there.
  template <class... Steps>
  [[nodiscard]] const base::Json& at(Steps... steps) const {
    const base::Json* value = &json;
    ((value = &step(*value, steps)), ...);
    return *value;
  }
  template <class... Steps>
  [[nodiscard]] std::string text(Steps... steps) const {
    return std::string(at(steps...).as_string());
  }
  // The error's words and kind.
  [[nodiscard]] std::string message() const { return text("NeutronError", "message"); }
  [[nodiscard]] std::string type() const { return text("NeutronError", "type"); }

 private:
  static const base::Json& step(const base::Json& value, const char* key) {
    return value.as_object().at(key);
  }
  static const base::Json& step(const base::Json& value, int index) {
    return value.as_array().at(static_cast<size_t>(index));
  }
};

class NeutronWorld {
 public:
  NeutronWorld();
  ~NeutronWorld();

  // As a member of `project`; project "admin": as an administrator.
  Answer send(const std::string& project, const std::string& method, const std::string& target,
              const std::string& body = "", const std::string& if_match = "");
  Answer get(const std::string& project, const std::string& target) {
    return send(project, "GET", target);
  }
  Answer post(const std::string& project, const std::string& target, const std::string& body) {
    return send(project, "POST", target, body);
  }
  Answer put(const std::string& project, const std::string& target, const std::string& body) {
    return send(project, "PUT", target, body);
  }
  Answer remove(const std::string& project, const std::string& target) {
    return send(project, "DELETE", target);
  }

  // Ids of what is made; the request must succeed.
  std::string make_network(const std::string& project, const std::string& members = "");
  std::string make_subnet(const std::string& project, const std::string& network_id,
                          const std::string& cidr, const std::string& members = "");
  std::string make_port(const std::string& project, const std::string& network_id,
                        const std::string& members = "");

  // What an agent asks.
  template <class T>
  typename T::Reply call(const T& body) {
    return platform::call<T>(*bus_, std::string(neutron::kPluginTopic),
                             platform::make_message("m", "req-test", nullptr, body),
                             std::chrono::seconds{5});
  }
  // Both agents of a host report.
  void report_agents(const std::string& host);
  // Bodies of the events that Nova was told, waiting up to 5 s for `count` of them.
  std::vector<std::string> events_told_to_nova(size_t count);

  [[nodiscard]] openstack::Api& api() { return *server_->api(); }
  [[nodiscard]] platform::Database& database() { return *database_; }
  [[nodiscard]] std::string token_for(const std::string& project);

 private:
  platform::http::Response answer_as_nova(platform::http::Request& request);

  service_tests::TemporaryDirectory directory_;
  platform::Runtime runtime_;
  std::unique_ptr<platform::Database> database_;
  platform::Config config_;
  platform::http::LocalTransport transport_;
  std::unique_ptr<openstack::Tokens> tokens_;
  std::unique_ptr<platform::Bus> bus_;
  std::mutex mutex_;
  std::vector<std::string> events_;
  std::unique_ptr<openstack::Role> server_;
};

}  // namespace tests
