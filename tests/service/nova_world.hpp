// Nova's control plane whole, in one process, on a database in memory; Keystone, Glance, Neutron
// and the compute hosts are played by the test.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "answer.hpp"
#include "nova/messages.hpp"
#include "nova/service.hpp"
#include "nova/store/migrations.hpp"
#include "platform/bus/in_process.hpp"
#include "platform/database/migration.hpp"
#include "temporary_directory.hpp"

namespace nova_tests {

inline constexpr const char* kImage = "99999999-9999-4999-8999-999999999999";
inline constexpr const char* kNetwork = "88888888-8888-4888-8888-888888888888";

using service_tests::Answer;

// A compute host as the conductor sees one.
enum class Conduct { builds, fails, fails_for_good, ignores };

struct WorldOptions {
  std::vector<std::string> hosts = {"host-a"};
  // "group/name" -> value, of nova.conf.
  std::map<std::string, std::string> config;
};

class NovaWorld {
 public:
  explicit NovaWorld(WorldOptions options = {});
  ~NovaWorld();

  // As a member of `project` (32 hex digits are made of its name); "admin": as an administrator.
  Answer send(const std::string& project, const std::string& method, const std::string& target,
              const std::string& body = "", const std::string& version = "");
  Answer get(const std::string& target, const std::string& version = "") {
    return send("demo", "GET", target, "", version);
  }
  Answer post(const std::string& target, const std::string& body, const std::string& version = "") {
    return send("demo", "POST", target, body, version);
  }
  Answer act(const std::string& server, const std::string& body) {
    return post("/v2.1/servers/" + server + "/action", body);
  }

  // A flavor's id.
  std::string make_flavor(const std::string& id = "1", int vcpus = 1, int ram = 512, int disk = 1);
  // The id of a server that was asked for.
  std::string make_server(const std::string& members = "");
  // Waits up to 10 s until the server shows that status ("gone": 404).
  [[nodiscard]] bool wait_for_status(const std::string& server, const std::string& status);
  [[nodiscard]] int64_t count(const std::string& sql);

  void conduct(const std::string& host, Conduct conduct);
  void report_host(const std::string& host);
  template <class T>
  typename T::Reply call(const T& body) {
    return platform::call<T>(*bus_, std::string(nova::kConductorTopic),
                             platform::make_message("m", "req-test", nullptr, body),
                             std::chrono::seconds{5});
  }

  [[nodiscard]] platform::Database& database() { return *database_; }
  [[nodiscard]] platform::Runtime runtime() { return runtime_; }
  [[nodiscard]] openstack::Role& api() { return *api_; }
  [[nodiscard]] std::string token_for(const std::string& project);
  // What Neutron was asked: "DELETE /v2.0/ports/...".
  [[nodiscard]] std::vector<std::string> asked_of_neutron();
  // Networks that Neutron lists.
  std::vector<std::string> networks = {kNetwork};

 private:
  struct Host {
    std::vector<std::unique_ptr<platform::Subscription>> subscriptions;
    Conduct conduct = Conduct::builds;
  };
  void add_services();
  void add_host(const std::string& name);
  Conduct conduct_of(const std::string& host);
  void build(const std::string& host, const nova::BuildServer& message);
  platform::http::Response answer_as_neutron(platform::http::Request& request);

  service_tests::TemporaryDirectory directory_;
  platform::Runtime runtime_;
  std::unique_ptr<platform::Database> database_;
  platform::Config config_;
  platform::http::LocalTransport transport_;
  std::unique_ptr<openstack::Tokens> tokens_;
  std::unique_ptr<platform::Bus> bus_;
  std::mutex mutex_;
  std::vector<std::string> asked_;
  std::map<std::string, Host> hosts_;
  std::unique_ptr<openstack::Role> conductor_;
  std::unique_ptr<openstack::Role> scheduler_;
  std::unique_ptr<openstack::Role> api_;
};

}  // namespace nova_tests
