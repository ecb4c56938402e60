// What users hand out: credentials, application credentials, trusts, OAuth1 consumers; and the
// policy documents that Keystone keeps for other services.
#pragma once

#include "keystone/store/entity.hpp"

namespace keystone::store {

struct Credential {
  static constexpr std::string_view kTable = "credentials";
  static constexpr std::string_view kKind = "credential";
  std::string id;
  std::string user_id;
  std::optional<std::string> project_id;
  std::string type;  // "ec2", "cert", "totp", ...
  std::string content;
  std::string extra = "{}";
};
BOOST_DESCRIBE_STRUCT(Credential, (), (id, user_id, project_id, type, content, extra))

struct PolicyDocument {
  static constexpr std::string_view kTable = "policies";
  static constexpr std::string_view kKind = "policy";
  std::string id;
  std::string type;  // a MIME type
  std::string content;
  std::string extra = "{}";
};
BOOST_DESCRIBE_STRUCT(PolicyDocument, (), (id, type, content, extra))

struct ApplicationCredential {
  static constexpr std::string_view kTable = "application_credentials";
  static constexpr std::string_view kKind = "application credential";
  std::string id;
  std::string user_id;
  std::string project_id;
  std::string name;
  std::optional<std::string> description;
  std::string secret_hash;          // bcrypt
  std::string roles = "[]";         // JSON array of role ids
  std::string access_rules = "[]";  // JSON array of ids of access rules; empty: no restriction
  bool is_unrestricted = false;
  std::optional<base::TimePoint> expires_at;
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(ApplicationCredential, (),
                      (id, user_id, project_id, name, description, secret_hash, roles, access_rules,
                       is_unrestricted, expires_at, created_at))

struct AccessRule {
  static constexpr std::string_view kTable = "access_rules";
  static constexpr std::string_view kKind = "access rule";
  std::string id;
  std::string user_id;
  std::string service;
  std::string path;
  std::string method;
};
BOOST_DESCRIBE_STRUCT(AccessRule, (), (id, user_id, service, path, method))

struct Trust {
  static constexpr std::string_view kTable = "trusts";
  static constexpr std::string_view kKind = "trust";
  std::string id;
  std::string trustor_user_id;
  std::string trustee_user_id;
  std::optional<std::string> project_id;
  bool impersonation = false;
  std::string roles = "[]";  // JSON array of role ids
  std::optional<base::TimePoint> expires_at;
  std::optional<int64_t> remaining_uses;
  int64_t redelegation_count = 0;
  std::optional<std::string> redelegated_trust_id;
  std::optional<base::TimePoint> deleted_at;
  base::TimePoint created_at{};
};
BOOST_DESCRIBE_STRUCT(Trust, (),
                      (id, trustor_user_id, trustee_user_id, project_id, impersonation, roles,
                       expires_at, remaining_uses, redelegation_count, redelegated_trust_id,
                       deleted_at, created_at))

struct Consumer {
  static constexpr std::string_view kTable = "consumers";
  static constexpr std::string_view kKind = "Consumer";
  std::string id;
  std::string secret;
  std::optional<std::string> description;
  std::string extra = "{}";
};
BOOST_DESCRIBE_STRUCT(Consumer, (), (id, secret, description, extra))

[[nodiscard]] std::optional<ApplicationCredential> find_application_credential(
    platform::Session& session, const std::string& user_id, const std::string& name);
[[nodiscard]] std::vector<ApplicationCredential> list_application_credentials(
    platform::Session& session, const std::string& user_id);
// One that says the same for the same user; the id is not looked at.
[[nodiscard]] std::optional<AccessRule> find_same(platform::Session& session,
                                                  const AccessRule& rule);
// False if the trust has none left.
bool take_one_use(platform::Session& session, const std::string& trust_id);

}  // namespace keystone::store
