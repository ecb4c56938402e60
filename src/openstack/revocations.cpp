#include <algorithm>
#include <mutex>

#include "openstack/token.hpp"

namespace openstack {
namespace {

bool fits(const std::string& wanted, std::string_view actual) {
  return wanted.empty() || wanted == actual;
}

bool fits_domain(const std::string& wanted, const Identity& identity) {
  return wanted.empty() || wanted == identity.domain_id || wanted == identity.user_domain_id ||
         wanted == identity.project_domain_id;
}

bool fits_role(const std::string& wanted, const Identity& identity) {
  return wanted.empty() || std::find(identity.role_ids.begin(), identity.role_ids.end(), wanted) !=
                               identity.role_ids.end();
}

std::string_view audit_id(const TokenData& token) {
  return token.audit_ids.empty() ? std::string_view() : token.audit_ids.front();
}
std::string_view chain_id(const TokenData& token) {
  return token.audit_ids.empty() ? std::string_view() : token.audit_ids.back();
}

bool matches(const RevocationEvent& event, const TokenData& token) {
  const Identity& identity = token.identity;
  return token.issued_at <= event.issued_before && fits(event.audit_id, audit_id(token)) &&
         fits(event.audit_chain_id, chain_id(token)) && fits(event.user_id, identity.user_id) &&
         fits(event.project_id, identity.project_id) && fits_domain(event.domain_id, identity) &&
         fits_role(event.role_id, identity) && fits(event.trust_id, token.trust_id) &&
         fits(event.application_credential_id, token.application_credential_id);
}

bool any_matches(const std::vector<RevocationEvent>& events, const TokenData& token) {
  return std::any_of(events.begin(), events.end(),
                     [&token](const RevocationEvent& event) { return matches(event, token); });
}

template <class Index>
bool found(const Index& index, std::string_view key, const TokenData& token) {
  if (key.empty() || index.empty()) return false;
  const auto events = index.find(std::string(key));
  return events != index.end() && any_matches(events->second, token);
}

}  // namespace

std::vector<RevocationEvent>& Revocations::bucket_of(const RevocationEvent& event) {
  if (!event.audit_id.empty()) return by_audit_id_[event.audit_id];
  if (!event.audit_chain_id.empty()) return by_chain_id_[event.audit_chain_id];
  if (!event.user_id.empty()) return by_user_[event.user_id];
  if (!event.project_id.empty()) return by_project_[event.project_id];
  if (!event.trust_id.empty()) return by_delegation_[event.trust_id];
  if (!event.application_credential_id.empty())
    return by_delegation_[event.application_credential_id];
  return others_;
}

void Revocations::replace(std::vector<RevocationEvent> events) {
  const std::unique_lock lock(mutex_);
  replace_locked(std::move(events));
}

void Revocations::forget_before(base::TimePoint time) {
  const std::unique_lock lock(mutex_);
  std::vector<RevocationEvent> kept = std::move(events_);
  std::erase_if(kept, [time](const RevocationEvent& event) { return event.revoked_at < time; });
  replace_locked(std::move(kept));
}

void Revocations::replace_locked(std::vector<RevocationEvent> events) {
  by_audit_id_.clear();
  by_chain_id_.clear();
  by_user_.clear();
  by_project_.clear();
  by_delegation_.clear();
  others_.clear();
  events_ = std::move(events);
  for (const RevocationEvent& event : events_) bucket_of(event).push_back(event);
}

void Revocations::add(RevocationEvent event) {
  const std::unique_lock lock(mutex_);
  std::vector<RevocationEvent>& bucket = bucket_of(event);
  // The youngest stand last.
  if (std::find(bucket.rbegin(), bucket.rend(), event) != bucket.rend()) return;
  bucket.push_back(event);
  events_.push_back(std::move(event));
}

bool Revocations::revoked(const TokenData& token) const {
  const std::shared_lock lock(mutex_);
  if (events_.empty()) return false;
  return found(by_audit_id_, audit_id(token), token) ||
         found(by_chain_id_, chain_id(token), token) ||
         found(by_user_, token.identity.user_id, token) ||
         found(by_project_, token.identity.project_id, token) ||
         found(by_delegation_, token.trust_id, token) ||
         found(by_delegation_, token.application_credential_id, token) ||
         any_matches(others_, token);
}

std::vector<RevocationEvent> Revocations::events() const {
  const std::shared_lock lock(mutex_);
  return events_;
}

}  // namespace openstack
