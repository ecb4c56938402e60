// /credentials, and the EC2 credentials of a user, which are credentials of the type "ec2".
#include "keystone/app/credentials.hpp"
#include "keystone/api/routes.hpp"
#include "keystone/api/views.hpp"
#include "keystone/app/crud.hpp"

namespace keystone::api {
namespace {

using store::Credential;

const Schema& credential_create() {
  static const Schema schema = entity_schema(
      "credential",
      {{"blob", kText}, {"project_id", kTextOrNull}, {"type", kText}, {"user_id", kText}},
      {"blob", "type"});
  return schema;
}
const Schema& credential_update() {
  static const Schema schema = entity_schema(
      "credential",
      {{"blob", kText}, {"project_id", kTextOrNull}, {"type", kText}, {"user_id", kText}}, {}, 1);
  return schema;
}

void apply(const Json& body, Credential& credential) {
  take(body, "blob", credential.content);
  take(body, "project_id", credential.project_id);
  take(body, "type", credential.type);
  take(body, "user_id", credential.user_id);
  take_extra(body, {"blob", "project_id", "type", "user_id"}, credential.extra);
}

JsonObject credential_view(const Credential& credential, const std::string& base) {
  JsonObject view = start_view(credential.extra, base + "/credentials/" + credential.id);
  view["id"] = credential.id;
  view["user_id"] = credential.user_id;
  view["project_id"] = or_null(credential.project_id);
  view["type"] = credential.type;
  view["blob"] = credential.content;
  return view;
}

Response credential_response(Core& core, const ApiRequest& request, int status,
                             const Credential& credential) {
  return entity_response(status, "credential",
                         credential_view(credential, url_base(core, request)));
}

Credential get_own(Core& core, const ApiRequest& request, std::string_view rule) {
  Credential credential = app::get_row<Credential>(core, request.parameter("credential_id"));
  request.authorize(rule, {{"user_id", credential.user_id}});
  return credential;
}

Response list_credentials(Core& core, ApiRequest& request) {
  store::Conditions where;
  where.equal_if("user_id", text_filter(request, "user_id"))
      .equal_if("type", text_filter(request, "type"));
  auto credentials = app::list_rows<Credential>(core, where);
  std::erase_if(credentials, [&](const Credential& credential) {
    return !request.policy.allows(request.context, "identity:get_credential",
                                  {{"user_id", credential.user_id}});
  });
  return list_response(core, request, "credentials", credentials, credential_view);
}

Response show_credential(Core& core, ApiRequest& request) {
  return credential_response(core, request, 200, get_own(core, request, "identity:get_credential"));
}

Response create_credential(Core& core, ApiRequest& request) {
  Credential credential;
  credential.user_id = request.context.user_id();
  apply(entity_of(request, "credential"), credential);
  request.authorize("identity:create_credential", {{"user_id", credential.user_id}});
  credential.id = app::id_of_credential(core, credential);
  return credential_response(core, request, 201,
                             app::create_row(core, credential, app::check_credential));
}

Response update_credential(Core& core, ApiRequest& request) {
  const Credential before = get_own(core, request, "identity:update_credential");
  const Json& body = entity_of(request, "credential");
  // Nobody gives a credential to somebody they may not act for.
  request.authorize("identity:update_credential",
                    {{"user_id", base::text_or(body, "user_id", before.user_id)}});
  return credential_response(
      core, request, 200,
      app::update_row<Credential>(
          core, before.id, [&](Credential& credential) { apply(body, credential); },
          app::check_credential));
}

Response remove_credential(Core& core, ApiRequest& request) {
  app::delete_row<Credential>(core, get_own(core, request, "identity:delete_credential").id);
  return openstack::empty_response(204);
}

JsonObject ec2_view(const Credential& credential, const std::string& base) {
  const app::Ec2Secret secret = app::parse_ec2_blob(credential);
  JsonObject view = start_view("{}", fmt::format("{}/users/{}/credentials/OS-EC2/{}", base,
                                                 credential.user_id, secret.access));
  view["user_id"] = credential.user_id;
  view["tenant_id"] = or_null(credential.project_id);
  view["access"] = secret.access;
  view["secret"] = secret.secret;
  view["trust_id"] = nullptr;
  return view;
}

const std::string& ec2_user(const ApiRequest& request, std::string_view rule) {
  const std::string& id = request.parameter("user_id");
  request.authorize(rule, {{"user_id", id}});
  return id;
}

Response list_ec2(Core& core, ApiRequest& request) {
  store::Conditions where;
  where.equal("user_id", ec2_user(request, "identity:ec2_list_credentials")).equal("type", "ec2");
  return list_response(core, request, "credentials", app::list_rows<Credential>(core, where),
                       ec2_view);
}

Response create_ec2(Core& core, ApiRequest& request) {
  const std::string& user_id = ec2_user(request, "identity:ec2_create_credential");
  const Credential credential =
      app::create_ec2_credential(core, user_id, base::get_text(request.body, "tenant_id"));
  return entity_response(201, "credential", ec2_view(credential, url_base(core, request)));
}

Response show_ec2(Core& core, ApiRequest& request) {
  const std::string& user_id = ec2_user(request, "identity:ec2_get_credential");
  const auto credential = app::get_ec2_credential(core, user_id, request.parameter("access"));
  return entity_response(200, "credential", ec2_view(credential, url_base(core, request)));
}

Response delete_ec2(Core& core, ApiRequest& request) {
  const std::string& user_id = ec2_user(request, "identity:ec2_delete_credential");
  const auto credential = app::get_ec2_credential(core, user_id, request.parameter("access"));
  app::delete_row<Credential>(core, credential.id);
  return openstack::empty_response(204);
}

}  // namespace

Routes credentials_routes(Core& core) {
  const Bind on(core);
  constexpr std::string_view kOne = "/credentials/{credential_id}";
  constexpr std::string_view kEc2 = "/users/{user_id}/credentials/OS-EC2";
  constexpr std::string_view kOneEc2 = "/users/{user_id}/credentials/OS-EC2/{access}";
  return {
      {"GET", "/credentials", "identity:list_credentials", on(list_credentials)},
      {"POST", "/credentials", "identity:create_credential", on(create_credential),
       &credential_create()},
      {"GET", kOne, "identity:get_credential", on(show_credential)},
      {"PATCH", kOne, "identity:update_credential", on(update_credential), &credential_update()},
      {"DELETE", kOne, "identity:delete_credential", on(remove_credential)},
      {"GET", kEc2, "identity:ec2_list_credentials", on(list_ec2)},
      {"POST", kEc2, "identity:ec2_create_credential", on(create_ec2)},
      {"GET", kOneEc2, "identity:ec2_get_credential", on(show_ec2)},
      {"DELETE", kOneEc2, "identity:ec2_delete_credential", on(delete_ec2)},
  };
}

}  // namespace keystone::api
