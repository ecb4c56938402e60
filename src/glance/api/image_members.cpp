#include <fmt/core.h>

#include "glance/api/image_api.hpp"

namespace glance::api {
namespace {

using base::Error;
using base::ErrorKind;
using openstack::ApiRequest;
using platform::http::Response;

Response member_response(const Member& member) {
  base::JsonWriter json;
  write_member(json, member);
  return openstack::json_response(200, json.take());
}

bool owns(const ApiRequest& request, const Image& image) {
  return request.context.is_admin() || image.owner == request.context.project_id();
}

void require_shared(const Image& image) {
  if (image.visibility != "shared")
    throw Error(ErrorKind::forbidden, "Only shared images have members.");
}

// Members see themselves; owners see all.
MemberList visible_members(const ImageApi& api, const ApiRequest& request, const Image& image) {
  require_shared(image);
  return api.registry(
      request.context,
      ListMembers{image.id, owns(request, image) ? "" : request.context.project_id()});
}

Response list_members(const ImageApi& api, const ApiRequest& request) {
  const MemberList list = visible_members(api, request, api.visible_image(request));
  base::JsonWriter json;
  json.begin_object();
  json.key("members");
  json.begin_array();
  for (const Member& member : list.members) write_member(json, member);
  json.end_array();
  json.field("schema", "/v2/schemas/members");
  json.end_object();
  return openstack::json_response(200, json.take());
}

Response show_member(const ImageApi& api, const ApiRequest& request) {
  const MemberList list = visible_members(api, request, api.visible_image(request));
  for (const Member& member : list.members)
    if (member.member == request.parameter("member_id")) return member_response(member);
  throw Error(ErrorKind::not_found,
              fmt::format("No member found with ID {}", request.parameter("member_id")));
}

Response add_member(const ImageApi& api, const ApiRequest& request) {
  const Image image = api.own_image(request);
  require_shared(image);
  const std::string member = base::text_or(request.body, "member");
  if (member.empty())
    throw Error(ErrorKind::bad_request,
                "Member to be added not specified: {\"member\": project id}");
  return member_response(
      api.registry(request.context, AddMember{image.id, member, api.quotas.members}));
}

// The owner offers, the member decides.
Response set_member_status(const ImageApi& api, const ApiRequest& request) {
  const Image image = api.visible_image(request);
  require_shared(image);
  const std::string& member = request.parameter("member_id");
  if (!request.context.is_admin() && member != request.context.project_id())
    throw Error(ErrorKind::forbidden,
                "You are not permitted to modify this image member's status.");
  const std::string status = base::text_or(request.body, "status");
  if (status != "pending" && status != "accepted" && status != "rejected")
    throw Error(ErrorKind::bad_request,
                "Member status must be one of: pending, accepted, rejected.");
  return member_response(api.registry(request.context, SetMemberStatus{image.id, member, status}));
}

Response remove_member(const ImageApi& api, const ApiRequest& request) {
  const Image image = api.own_image(request);
  require_shared(image);
  static_cast<void>(
      api.registry(request.context, RemoveMember{image.id, request.parameter("member_id")}));
  return openstack::empty_response(204);
}

Response set_tag(const ImageApi& api, const ApiRequest& request, bool present) {
  const Image image = api.own_image(request);
  const std::string& tag = request.parameter("tag");
  if (tag.size() > 255)
    throw Error(ErrorKind::bad_request, "A tag may have at most 255 characters.");
  static_cast<void>(api.registry(request.context, SetTag{image.id, tag, present, api.quotas.tags}));
  return openstack::empty_response(204);
}

}  // namespace

openstack::Routes image_member_routes(const ImageApi& api) {
  return {
      {"GET", "/images/{image_id}/members", "get_members",
       [&api](ApiRequest& r) { return list_members(api, r); }},
      {"POST", "/images/{image_id}/members", "add_member",
       [&api](ApiRequest& r) { return add_member(api, r); }},
      {"GET", "/images/{image_id}/members/{member_id}", "get_members",
       [&api](ApiRequest& r) { return show_member(api, r); }},
      {"PUT", "/images/{image_id}/members/{member_id}", "modify_member",
       [&api](ApiRequest& r) { return set_member_status(api, r); }},
      {"DELETE", "/images/{image_id}/members/{member_id}", "delete_member",
       [&api](ApiRequest& r) { return remove_member(api, r); }},
  };
}

openstack::Routes image_tag_routes(const ImageApi& api) {
  return {
      {"PUT", "/images/{image_id}/tags/{tag}", "modify_image",
       [&api](ApiRequest& r) { return set_tag(api, r, true); }},
      {"DELETE", "/images/{image_id}/tags/{tag}", "modify_image",
       [&api](ApiRequest& r) { return set_tag(api, r, false); }},
  };
}

}  // namespace glance::api
