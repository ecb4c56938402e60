// Fernet tokens. The payload holds all that a service needs, so that validation is local: keys
// shared as files, plus revocation events. Keystone alone issues them.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "openstack/context.hpp"
#include "platform/crypto.hpp"
#include "platform/runtime.hpp"

namespace openstack {

struct TokenData {
  Identity identity;
  std::vector<std::string> methods;       // "password", "token", ...
  std::vector<std::string> audit_ids;     // own, then that of the first token of the chain
  std::string trust_id;                   // delegated by this trust, or empty
  std::string application_credential_id;  // made with this credential, or empty
  base::TimePoint issued_at{};
  base::TimePoint expires_at{};
};

// The directory of Fernet keys, in Keystone's layout: file "0" is staged (next primary), the
// highest number is the primary, the rest verify only. Files are mode 0600.
class FernetKeys {
 public:
  // Creates the directory with a staged and a primary key if it is empty.
  static void ensure(const std::string& directory, platform::Random& random);
  // Staged becomes primary, a new one is staged, all but the newest `max_active` are removed.
  static void rotate(const std::string& directory, platform::Random& random, size_t max_active);

  explicit FernetKeys(std::string directory);
  // The current keys; read again when the directory has changed (looked at most once a second).
  [[nodiscard]] std::shared_ptr<const platform::Fernet> current(base::SteadyTime now);

 private:
  std::string directory_;
  std::mutex mutex_;
  std::shared_ptr<const platform::Fernet> fernet_;
  base::SteadyTime checked_{};
  int64_t stamp_ = -1;
};

// Tokens that match every set field and were issued at or before `issued_before` are not valid any
// more. `domain_id` stands for the domain of the token's user, of its project and of its scope.
struct RevocationEvent {
  std::string audit_id = {};
  std::string audit_chain_id = {};
  std::string user_id = {};
  std::string project_id = {};
  std::string domain_id = {};
  std::string role_id = {};
  std::string trust_id = {};
  std::string application_credential_id = {};
  base::TimePoint issued_before{};
  base::TimePoint revoked_at{};

  friend bool operator==(const RevocationEvent&, const RevocationEvent&) = default;
};

// Thread-safe; lookups by token are constant time for audit ids and users.
class Revocations {
 public:
  void replace(std::vector<RevocationEvent> events);
  // One that is known already changes nothing.
  void add(RevocationEvent event);
  // Drops what was revoked before `time`: no token that it could match is still valid.
  void forget_before(base::TimePoint time);
  [[nodiscard]] bool revoked(const TokenData& token) const;
  [[nodiscard]] std::vector<RevocationEvent> events() const;

 private:
  // Events by the most telling field that they set.
  using Index = std::unordered_map<std::string, std::vector<RevocationEvent>>;
  std::vector<RevocationEvent>& bucket_of(const RevocationEvent& event);
  void replace_locked(std::vector<RevocationEvent> events);

  mutable std::shared_mutex mutex_;
  std::vector<RevocationEvent> events_;
  Index by_audit_id_;
  Index by_chain_id_;
  Index by_user_;
  Index by_project_;
  Index by_delegation_;  // of a trust or an application credential
  std::vector<RevocationEvent> others_;
};

class Tokens {
 public:
  Tokens(std::string key_directory, platform::Runtime runtime,
         std::shared_ptr<Revocations> revocations);
  [[nodiscard]] std::string issue(const TokenData& token);
  // nullopt: forged, malformed, expired or revoked. About 10 microseconds.
  [[nodiscard]] std::optional<TokenData> validate(std::string_view token);
  [[nodiscard]] Revocations& revocations() { return *revocations_; }

 private:
  FernetKeys keys_;
  platform::Runtime runtime_;
  std::shared_ptr<Revocations> revocations_;
};

}  // namespace openstack
