#include "keystone/api/auth_input.hpp"

#include "openstack/schema.hpp"

namespace keystone::api {
namespace {

using app::Reference;
using app::ScopeKind;
using app::SignIn;
using base::Error;
using base::ErrorKind;
using base::Json;

// keystone/auth/schema.py.
const openstack::Schema& sign_in_schema() {
  static const openstack::Schema schema(R"({
"type":"object","required":["auth"],"properties":{"auth":{
  "type":"object","required":["identity"],"properties":{
    "identity":{"type":"object","required":["methods"],"properties":{
      "methods":{"type":"array","items":{"type":"string"}},
      "token":{"type":"object","required":["id"],"properties":{"id":{"type":"string"}}},
      "password":{"type":"object","required":["user"],"properties":{"user":{"type":"object",
        "properties":{"id":{"type":"string"},"name":{"type":"string"},
          "password":{"type":"string"},"domain":{"$ref":"#/definitions/named"}}}}},
      "application_credential":{"type":"object","required":["secret"],"properties":{
        "id":{"type":"string"},"name":{"type":"string"},"secret":{"type":"string"},
        "user":{"type":"object","properties":{"id":{"type":"string"},"name":{"type":"string"},
          "domain":{"$ref":"#/definitions/named"}}}}}}},
    "scope":{"type":["object","string"],"properties":{
      "project":{"type":"object","properties":{"id":{"type":"string"},"name":{"type":"string"},
        "domain":{"$ref":"#/definitions/named"}}},
      "domain":{"$ref":"#/definitions/named"},
      "system":{"type":"object","properties":{"all":{"type":"boolean"}}},
      "OS-TRUST:trust":{"type":"object","required":["id"],"properties":{
        "id":{"type":"string"}}}}}}}},
"definitions":{"named":{"type":"object","properties":{"id":{"type":"string"},
  "name":{"type":"string"}}}}})");
  return schema;
}

[[noreturn]] void refuse_missing(std::string_view attribute, std::string_view target) {
  throw Error(ErrorKind::bad_request,
              fmt::format("Expecting to find {} in {}. The server could not comply with the "
                          "request since it is either malformed or otherwise incorrect. The client "
                          "is assumed to be in error.",
                          attribute, target));
}

Reference reference_of(const Json& json) {
  Reference reference;
  reference.id = base::text_or(json, "id");
  reference.name = base::text_or(json, "name");
  if (const Json* domain = base::find(json, "domain")) {
    reference.domain_id = base::text_or(*domain, "id");
    reference.domain_name = base::text_or(*domain, "name");
  }
  return reference;
}

// A name means nothing without its domain.
Reference unique_reference(const Json& json, std::string_view target) {
  Reference reference = reference_of(json);
  if (!reference.id.empty()) return reference;
  if (reference.name.empty()) refuse_missing("id or name", target);
  if (reference.domain_id.empty() && reference.domain_name.empty())
    refuse_missing("domain", target);
  return reference;
}

const Json& method_body(const Json& identity, const std::string& method) {
  const Json* body = base::find(identity, method);
  if (!body || !body->is_object()) refuse_missing(method, "identity");
  return *body;
}

void take_method(const Json& identity, const std::string& method, SignIn& request) {
  if (method == "password") {
    const Json& user = *base::find(method_body(identity, method), "user");
    if (!base::find(user, "password")) refuse_missing("password", "user");
    request.password = {unique_reference(user, "user"), base::text_or(user, "password")};
  } else if (method == "token") {
    request.token = base::get_text(method_body(identity, method), "id");
  } else if (method == "application_credential") {
    const Json& body = method_body(identity, method);
    app::ApplicationCredentialMethod credential;
    credential.id = base::text_or(body, "id");
    credential.name = base::text_or(body, "name");
    credential.secret = base::text_or(body, "secret");
    if (credential.id.empty()) {
      const Json* user = base::find(body, "user");
      if (credential.name.empty() || !user)
        refuse_missing("id, or name and user", "application_credential");
      credential.user = unique_reference(*user, "user");
    }
    request.application_credential = std::move(credential);
  } else {
    throw Error(ErrorKind::unauthorized,
                fmt::format("Attempted to authenticate with an unsupported method: {}.", method));
  }
}

void take_scope(const Json& scope, SignIn& request) {
  if (scope.is_string() || base::find(scope, "unscoped")) {
    if (scope.is_string() && scope.get_string() != "unscoped")
      refuse_missing("project, domain, system or \"unscoped\"", "scope");
    request.scope = ScopeKind::unscoped;
    return;
  }
  if (scope.as_object().size() != 1)
    throw Error(ErrorKind::bad_request,
                "Scope must be exactly one of project, domain, system and OS-TRUST:trust.");
  if (const Json* project = base::find(scope, "project")) {
    request.scope = ScopeKind::project;
    request.target = unique_reference(*project, "project");
  } else if (const Json* domain = base::find(scope, "domain")) {
    request.scope = ScopeKind::domain;
    request.target = reference_of(*domain);
    if (request.target.id.empty() && request.target.name.empty())
      refuse_missing("id or name", "domain");
  } else if (const Json* system = base::find(scope, "system")) {
    if (!base::boolean_or(*system, "all", false)) refuse_missing("all", "system");
    request.scope = ScopeKind::system;
  } else if (const Json* trust = base::find(scope, "OS-TRUST:trust")) {
    request.scope = ScopeKind::trust;
    request.target.id = base::get_text(*trust, "id");
  } else {
    refuse_missing("project, domain, system or OS-TRUST:trust", "scope");
  }
}

}  // namespace

SignIn parse_sign_in(const Json& body) {
  sign_in_schema().validate(body);
  const Json& auth = *base::find(body, "auth");
  const Json& identity = *base::find(auth, "identity");
  SignIn request;
  for (const Json& method : base::find(identity, "methods")->as_array()) {
    std::string name(method.as_string());
    take_method(identity, name, request);
    request.methods.push_back(std::move(name));
  }
  if (request.methods.empty()) refuse_missing("methods", "identity");
  if (const Json* scope = base::find(auth, "scope")) take_scope(*scope, request);
  return request;
}

}  // namespace keystone::api
