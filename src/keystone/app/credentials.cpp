#include "keystone/app/credentials.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "keystone/app/crud.hpp"
#include "keystone/store/projects.hpp"

namespace keystone::app {
namespace {

using base::Error;
using base::ErrorKind;
using store::Credential;

constexpr std::string_view kEc2 = "ec2";

std::string id_of_access(const std::string& access) {
  return base::to_hex(platform::sha256(access));
}

}  // namespace

Ec2Secret parse_ec2_blob(const Credential& credential) {
  base::Json blob;
  try {
    blob = base::parse_json(credential.content);
  } catch (const Error&) {
    throw Error(ErrorKind::bad_request, "Invalid blob in credential");
  }
  if (!blob.is_object() || base::text_or(blob, "access").empty())
    throw Error(ErrorKind::bad_request, "Invalid blob in credential");
  return {base::text_or(blob, "access"), base::text_or(blob, "secret")};
}

std::string id_of_credential(Core& core, const Credential& credential) {
  if (credential.type != kEc2) return core.runtime.random.hex_id();
  return id_of_access(parse_ec2_blob(credential).access);
}

void check_credential(Change& change, Credential& credential) {
  (void)store::get_by_id<store::User>(change.session, credential.user_id);
  if (credential.type != kEc2) return;
  (void)parse_ec2_blob(credential);
  if (!credential.project_id || credential.project_id->empty())
    throw Error(ErrorKind::bad_request, "'project_id' is required for an EC2 credential.");
}

Credential create_ec2_credential(Core& core, const std::string& user_id,
                                 const std::string& project_id) {
  const std::string access = core.runtime.random.hex_id();
  Credential credential;
  credential.id = id_of_access(access);
  credential.user_id = user_id;
  credential.project_id = project_id;
  credential.type = kEc2;
  credential.content = base::to_text(base::JsonObject{
      {"access", access}, {"secret", core.runtime.random.hex_id()}, {"trust_id", nullptr}});
  return create_row(core, credential, [](Change& change, Credential& row) {
    check_credential(change, row);
    (void)store::get_by_id<store::Project>(change.session, *row.project_id);
  });
}

Credential get_ec2_credential(Core& core, const std::string& user_id, const std::string& access) {
  Credential credential = get_row<Credential>(core, id_of_access(access));
  if (credential.user_id != user_id || credential.type != kEc2)
    throw store::not_found(Credential::kKind, access);
  return credential;
}

}  // namespace keystone::app
