#include "openstack/clients/revocation_feed.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace openstack::clients {
namespace {

using platform::Option;
using platform::OptionType;

constexpr std::string_view kGroup = "keystone_authtoken";

constexpr Option kOptions[] = {
    {kGroup, "auth_url", OptionType::text, "http://127.0.0.1:5000/v3",
     "Keystone, which is asked for revoked tokens."},
    {kGroup, "username", OptionType::text, "", "User to ask as; empty: the service's name."},
    {kGroup, "password", OptionType::text, "", "Its password.", true},
    {kGroup, "cafile", OptionType::text, "",
     "PEM file of the authorities that the certificates of Keystone and of the other services must "
     "come from, where they are reached by https; empty: the system's."},
    {kGroup, "project_name", OptionType::text, "service", "Project to sign in to."},
};

constexpr base::Duration kInterval = std::chrono::seconds{5};
// Clocks of several Keystones differ, and an event may be committed after a younger one.
constexpr base::Duration kOverlap = std::chrono::seconds{60};
constexpr base::Duration kRevocationTimeout = std::chrono::seconds{10};
// Now and then everything, so that what no token can match any more is forgotten.
constexpr int kRoundsPerWhole = 120;

base::TimePoint time_of(const base::Json& event, std::string_view name) {
  const auto time = base::parse_time(base::text_or(event, name));
  if (!time)
    throw base::Error(base::ErrorKind::bad_gateway,
                      "Keystone's revocation events are not understood.",
                      fmt::format("{} of {}", name, base::to_text(event)));
  return *time;
}

RevocationEvent event_of(const base::Json& json) {
  RevocationEvent event;
  event.audit_id = base::text_or(json, "audit_id");
  event.audit_chain_id = base::text_or(json, "audit_chain_id");
  event.user_id = base::text_or(json, "user_id");
  event.project_id = base::text_or(json, "project_id");
  event.domain_id = base::text_or(json, "domain_id");
  event.role_id = base::text_or(json, "role_id");
  event.trust_id = base::text_or(json, "OS-TRUST:trust_id");
  event.application_credential_id = base::text_or(json, "application_credential_id");
  event.issued_before = time_of(json, "issued_before");
  event.revoked_at = time_of(json, "revoked_at");
  return event;
}

std::string key_of(const RevocationEvent& event) {
  return fmt::format("{}/{}/{}/{}/{}/{}/{}/{}/{}", event.audit_id, event.audit_chain_id,
                     event.user_id, event.project_id, event.domain_id, event.role_id,
                     event.trust_id, event.application_credential_id,
                     event.revoked_at.time_since_epoch().count());
}

}  // namespace

std::span<const Option> auth_token_options() { return kOptions; }

ServiceCredentials auth_token_credentials(const platform::Config& config,
                                          std::string_view service) {
  ServiceCredentials credentials;
  credentials.auth_url = config.text(kGroup, "auth_url");
  credentials.username = config.text(kGroup, "username");
  if (credentials.username.empty()) credentials.username = service;
  credentials.password = config.text(kGroup, "password");
  credentials.project_name = config.text(kGroup, "project_name");
  return credentials;
}

RevocationFeed::RevocationFeed(platform::http::Transport& transport, ServiceCredentials credentials,
                               std::shared_ptr<Revocations> revocations, platform::Runtime runtime)
    : credentials_(credentials),
      revocations_(std::move(revocations)),
      runtime_(runtime),
      session_(transport, std::move(credentials), runtime) {}

void RevocationFeed::start() {
  asking_ = std::make_unique<platform::Periodic>(runtime_.executor, "revoked tokens", kInterval,
                                                 [this] { ask(); });
}

void RevocationFeed::ask() {
  if (rounds_ == 0)
    ask_for_all();
  else
    ask_for_new();
  rounds_ = (rounds_ + 1) % kRoundsPerWhole;
}

void RevocationFeed::ask_for_all() {
  std::vector<RevocationEvent> events = fetch("");
  recent_.clear();
  newest_ = {};
  for (const RevocationEvent& event : events) {
    recent_.insert(key_of(event));
    newest_ = std::max(newest_, event.revoked_at);
  }
  revocations_->replace(std::move(events));
}

void RevocationFeed::ask_for_new() {
  const std::string since = base::percent_encode(base::format_microseconds(newest_ - kOverlap));
  for (RevocationEvent& event : fetch(newest_ == base::TimePoint{} ? "" : "?since=" + since)) {
    if (!recent_.insert(key_of(event)).second) continue;
    newest_ = std::max(newest_, event.revoked_at);
    revocations_->add(std::move(event));
  }
}

std::vector<RevocationEvent> RevocationFeed::fetch(const std::string& query) {
  const auto [url_base, path] = split_url(credentials_.auth_url);
  const base::Json answer =
      session_.call(url_base, "GET", path + "/OS-REVOKE/events" + query, nullptr,
                    "req-" + runtime_.random.uuid(), kRevocationTimeout);
  std::vector<RevocationEvent> events;
  const base::Json* list = base::find(answer, "events");
  if (!list || !list->is_array()) return events;
  for (const base::Json& event : list->get_array()) events.push_back(event_of(event));
  return events;
}

}  // namespace openstack::clients
