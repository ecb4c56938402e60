#include "keystone/app/core.hpp"

namespace keystone::app {
namespace {

// Clocks of several Keystones differ, and an event may be committed after a younger one.
constexpr base::Duration kRevocationOverlap = std::chrono::seconds{60};

}  // namespace

Settings settings_from(const platform::Config& config) {
  Settings settings;
  settings.token_expiration = std::chrono::seconds{config.integer("token", "expiration")};
  settings.public_endpoint = config.text("DEFAULT", "public_endpoint");
  settings.default_domain_id = config.text("identity", "default_domain_id");
  settings.password_cost = static_cast<int>(config.integer("identity", "password_hash_rounds"));
  constexpr std::string_view kGroup = "security_compliance";
  settings.lockout_failure_attempts = config.integer(kGroup, "lockout_failure_attempts");
  settings.lockout_duration = std::chrono::seconds{config.integer(kGroup, "lockout_duration")};
  settings.unique_last_password_count = config.integer(kGroup, "unique_last_password_count");
  settings.password_expires_days = config.integer(kGroup, "password_expires_days");
  settings.minimum_password_age_days = config.integer(kGroup, "minimum_password_age");
  settings.password_regex = config.text(kGroup, "password_regex");
  settings.password_regex_description = config.text(kGroup, "password_regex_description");
  return settings;
}

void Change::revoke(openstack::RevocationEvent event) {
  event.revoked_at = now;
  event.issued_before = now;
  store::insert_revocation(session, new_id(), event);
  events_.push_back(std::move(event));
}

void Change::revoke_user(const std::string& user_id) {
  openstack::RevocationEvent event;
  event.user_id = user_id;
  revoke(std::move(event));
}

void Change::revoke_project(const std::string& project_id) {
  openstack::RevocationEvent event;
  event.project_id = project_id;
  revoke(std::move(event));
}

void Change::revoke_role(const std::string& role_id) {
  openstack::RevocationEvent event;
  event.role_id = role_id;
  revoke(std::move(event));
}

// What was revoked earlier is still revoked after a restart; what no living token can match goes.
Core::Core(platform::Database& service_database, platform::Runtime service_runtime,
           openstack::Tokens& service_tokens, Settings service_settings)
    : database(service_database),
      runtime(service_runtime),
      tokens(service_tokens),
      settings(std::move(service_settings)),
      passwords(service_runtime, settings.password_cost) {
  const base::TimePoint oldest = runtime.clock.now() - settings.token_expiration;
  auto events = database.read(
      [&](platform::Session& session) { return store::list_revocations(session, oldest); });
  tokens.revocations().replace(std::move(events));
}

void Core::forget_old_revocations() {
  const base::TimePoint oldest = runtime.clock.now() - settings.token_expiration;
  database.write("forget_revocations", [&](platform::Session& session) {
    store::delete_revocations_before(session, oldest);
  });
  tokens.revocations().forget_before(oldest);
}

void Core::learn_revocations() {
  const base::TimePoint since = runtime.clock.now() - kRevocationOverlap;
  auto events = database.read(
      [&](platform::Session& session) { return store::list_revocations(session, since); });
  publish(events);
}

void Core::publish(std::vector<openstack::RevocationEvent>& events) {
  for (openstack::RevocationEvent& event : events) tokens.revocations().add(std::move(event));
}

}  // namespace keystone::app
