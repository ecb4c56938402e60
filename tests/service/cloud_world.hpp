// All services of a cloud whole, in one process: every role that has an API or a database, composed
// as the binary composes them, on databases in memory; and one caller of every kind.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "nephele/role_gate.hpp"
#include "nephele/roles.hpp"
#include "platform/bus/bus.hpp"
#include "platform/http/client.hpp"
#include "recording_bus.hpp"
#include "temporary_directory.hpp"

namespace api_edge {

// Who calls: a column of authorization.txt.
enum class Caller {
  none,      // no token at all
  expired,   // a member's token of yesterday
  forged,    // a member's token under keys that are not ours
  unscoped,  // the member, signed in to nothing
  foreign,   // a member of another project
  service,   // the role that services have, and nothing else
  reader,    // may look at the project "demo"
  member,    // may change the project "demo"
  admin,     // the cloud's administrator
};
struct CallerName {
  Caller caller;
  std::string_view name;
};
// In the order in which a route is tried: who may do most comes last.
[[nodiscard]] std::span<const CallerName> callers();

// A request of JSON or none; `target` may have a query.
[[nodiscard]] platform::http::Request make_request(std::string_view method, std::string_view target,
                                                   std::string body = {});

class CloudWorld {
 public:
  CloudWorld();
  ~CloudWorld();

  // Names of the roles that have an API, in the order of their start.
  [[nodiscard]] std::vector<std::string> roles() const;
  [[nodiscard]] openstack::Api& api(std::string_view role) const;

  // Sends to a role's API as the socket would; adds the caller's token.
  platform::http::Response send(std::string_view role, platform::http::Request request,
                                Caller caller);
  // The same with any token; empty: none.
  platform::http::Response send_with(std::string_view role, platform::http::Request request,
                                     const std::string& token);
  // What nova-api serves to the metadata agent.
  platform::http::Response metadata(platform::http::Request request);
  // As an administrator or member; throws unless the answer is 2xx.
  base::Json must(std::string_view role, platform::http::Request request,
                  Caller caller = Caller::admin);

  [[nodiscard]] const std::string& token(Caller caller) const { return tokens_.at(caller); }
  // Signs in at Keystone; `scope` is the member "scope" of the body, or empty.
  std::string sign_in(const std::string& user, const std::string& scope);
  [[nodiscard]] const std::string& project(std::string_view name) const;
  [[nodiscard]] const std::string& user(std::string_view name) const;
  static constexpr const char* kPassword = "correct horse";

  // Rows of every table of every service, once what runs in the background has come to rest.
  [[nodiscard]] std::map<std::string, int64_t> count_rows();
  [[nodiscard]] platform::Database& database(std::string_view service) const;
  // What a role of that name is made with; lives as long as the world.
  [[nodiscard]] openstack::RoleEnvironment environment(std::string_view role);
  [[nodiscard]] openstack::Tokens& token_keys() { return *token_keys_; }
  [[nodiscard]] platform::Runtime runtime() const { return runtime_; }
  [[nodiscard]] RecordingBus& bus() { return *bus_; }
  // nova-compute with the fake driver on a host of that name; it ends before all others.
  void start_compute(const std::string& host);

 private:
  void open(const nephele::ServiceEntry& service);
  void start(const nephele::RoleEntry& entry);
  void start(const nephele::RoleEntry& entry, const platform::Runtime& runtime);
  [[nodiscard]] openstack::RoleEnvironment environment(const nephele::RoleEntry& entry,
                                                       const platform::Runtime& runtime);
  void make_users();
  void make_user(const std::string& name, const std::string& project, const std::string& role);
  void make_tokens();
  void report_host();
  void come_to_rest();
  [[nodiscard]] std::string made_up_token(Caller caller);

  service_tests::TemporaryDirectory directory_;
  platform::Runtime runtime_;
  platform::http::LocalTransport transport_;
  std::map<std::string, platform::Config, std::less<>> configs_;
  std::map<std::string, std::unique_ptr<platform::Database>, std::less<>> databases_;
  std::unique_ptr<openstack::Tokens> token_keys_;
  std::unique_ptr<RecordingBus> bus_;
  // Roles call each other by these, which are there before and after them.
  std::map<std::string, nephele::RoleGate, std::less<>> gates_;
  std::vector<std::pair<std::string, std::unique_ptr<openstack::Role>>> roles_;
  std::map<std::string, std::string, std::less<>> projects_;
  std::map<std::string, std::string, std::less<>> users_;
  std::map<Caller, std::string> tokens_;
};

}  // namespace api_edge
