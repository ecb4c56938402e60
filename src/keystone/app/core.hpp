// What everything in Keystone works on: its database, its tokens, its passwords and its settings.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "keystone/app/passwords.hpp"
#include "keystone/store/revocations.hpp"
#include "openstack/token.hpp"
#include "platform/config.hpp"
#include "platform/database/database.hpp"
#include "platform/runtime.hpp"

namespace keystone::app {

inline constexpr std::string_view kDefaultDomainId = "default";

// Read once from the options of service.hpp; 0 stands for "off".
struct Settings {
  base::Duration token_expiration = std::chrono::hours{1};
  std::string public_endpoint;  // "": made of the request's Host header
  std::string default_domain_id{kDefaultDomainId};
  int password_cost = 12;
  int64_t lockout_failure_attempts = 0;
  base::Duration lockout_duration = std::chrono::minutes{30};
  int64_t unique_last_password_count = 0;
  int64_t password_expires_days = 0;
  int64_t minimum_password_age_days = 0;
  std::string password_regex;  // "": any password
  std::string password_regex_description;
};
[[nodiscard]] Settings settings_from(const platform::Config& config);

// A write in progress: its session, its one "now", and the tokens that it makes invalid.
class Change {
 public:
  Change(platform::Session& database_session, platform::Random& random, base::TimePoint time,
         std::vector<openstack::RevocationEvent>& events)
      : session(database_session), now(time), random_(random), events_(events) {}

  platform::Session& session;
  const base::TimePoint now;

  // Tokens that fit every set field and were issued until now end with this change.
  void revoke(openstack::RevocationEvent event);
  void revoke_user(const std::string& user_id);
  void revoke_project(const std::string& project_id);
  void revoke_role(const std::string& role_id);
  [[nodiscard]] std::string new_id() { return random_.hex_id(); }

 private:
  platform::Random& random_;
  std::vector<openstack::RevocationEvent>& events_;
};

// Thread-safe.
struct Core {
  Core(platform::Database& service_database, platform::Runtime service_runtime,
       openstack::Tokens& service_tokens, Settings service_settings);

  platform::Database& database;
  platform::Runtime runtime;
  openstack::Tokens& tokens;
  const Settings settings;
  Passwords passwords;

  // Drops what no token that is still valid could match. Called now and then.
  void forget_old_revocations();
  // Learns what other Keystones on this database have revoked. Called all the time.
  void learn_revocations();

  // `work(Session&)` on a snapshot.
  template <class F>
  auto read(F&& work) {
    return database.read(std::forward<F>(work));
  }
  // `work(Change&)` in a transaction. What it revokes is durable with it, and known to this
  // process's token validation as soon as this returns.
  template <class F>
  auto change(const char* name, F&& work) -> std::invoke_result_t<F, Change&> {
    std::vector<openstack::RevocationEvent> events;
    const auto run = [&](platform::Session& session) {
      events.clear();
      Change change(session, runtime.random, runtime.clock.now(), events);
      return work(change);
    };
    if constexpr (std::is_void_v<std::invoke_result_t<F, Change&>>) {
      database.write(name, run);
      publish(events);
    } else {
      auto result = database.write(name, run);
      publish(events);
      return result;
    }
  }

 private:
  void publish(std::vector<openstack::RevocationEvent>& events);
};

}  // namespace keystone::app
