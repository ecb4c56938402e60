// Revoked tokens, for a process without Keystone: tokens are validated locally, so it must hear of
// those that were taken back.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>

#include "openstack/clients/service_session.hpp"
#include "openstack/token.hpp"
#include "platform/config.hpp"

namespace openstack::clients {

// [keystone_authtoken]: as whom a service asks Keystone about tokens.
[[nodiscard]] std::span<const platform::Option> auth_token_options();
// What they say; `service` is the user if they name none.
[[nodiscard]] ServiceCredentials auth_token_credentials(const platform::Config& config,
                                                        std::string_view service);

// Asks Keystone for its revocation events every few seconds, from start() to destruction, and tells
// `revocations`. While Keystone does not answer, what was known holds.
class RevocationFeed {
 public:
  RevocationFeed(platform::http::Transport& transport, ServiceCredentials credentials,
                 std::shared_ptr<Revocations> revocations, platform::Runtime runtime);
  void start();
  // One round; what tests call instead of start(). Throws base::Error if Keystone does not answer.
  void ask();

 private:
  [[nodiscard]] std::vector<RevocationEvent> fetch(const std::string& query);
  void ask_for_all();
  void ask_for_new();

  ServiceCredentials credentials_;
  std::shared_ptr<Revocations> revocations_;
  platform::Runtime runtime_;
  ServiceSession session_;
  // What is known of the time that the next question is about: answers overlap.
  std::set<std::string> recent_;
  base::TimePoint newest_{};
  int rounds_ = 0;
  std::unique_ptr<platform::Periodic> asking_;  // last: ends first
};

}  // namespace openstack::clients
