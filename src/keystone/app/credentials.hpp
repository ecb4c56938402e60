// Credentials for other services' use, and EC2 credentials among them.
#pragma once

#include "keystone/app/core.hpp"
#include "keystone/store/delegation.hpp"

namespace keystone::app {

struct Ec2Secret {
  std::string access;
  std::string secret;
};
// Throws Error(bad_request) if the blob is not the JSON object that an EC2 credential must be.
[[nodiscard]] Ec2Secret parse_ec2_blob(const store::Credential& credential);

// An EC2 credential is found by its access key: its id is the SHA-256 of it.
[[nodiscard]] std::string id_of_credential(Core& core, const store::Credential& credential);
// For crud.hpp: the user must exist, an EC2 credential needs a project.
void check_credential(Change& change, store::Credential& credential);

// Throws not_found for the user or the project.
[[nodiscard]] store::Credential create_ec2_credential(Core& core, const std::string& user_id,
                                                      const std::string& project_id);
[[nodiscard]] store::Credential get_ec2_credential(Core& core, const std::string& user_id,
                                                   const std::string& access);

}  // namespace keystone::app
