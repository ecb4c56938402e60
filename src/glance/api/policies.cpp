#include <array>

#include "glance/api/image_api.hpp"

namespace glance::api {
namespace {

constexpr std::array kPolicies{
    openstack::PolicyRule{"add_image", "role:admin or role:member", "Create an image"},
    openstack::PolicyRule{"get_image", "role:admin or role:reader", "Show an image"},
    openstack::PolicyRule{"get_images", "role:admin or role:reader", "List images"},
    openstack::PolicyRule{"modify_image", "role:admin or role:member", "Change an image"},
    openstack::PolicyRule{"delete_image", "role:admin or role:member", "Delete an image"},
    openstack::PolicyRule{"publicize_image", "role:admin", "Make an image public"},
    openstack::PolicyRule{"communitize_image", "role:admin or role:member",
                          "Make an image a community image"},
    openstack::PolicyRule{"upload_image", "role:admin or role:member", "Bring an image's data"},
    openstack::PolicyRule{"download_image", "role:admin or role:member or role:reader",
                          "Fetch an image's data"},
    openstack::PolicyRule{"deactivate", "role:admin or role:member", "Deactivate an image"},
    openstack::PolicyRule{"reactivate", "role:admin or role:member", "Reactivate an image"},
    openstack::PolicyRule{"add_member", "role:admin or role:member", "Share an image"},
    openstack::PolicyRule{"get_members", "role:admin or role:reader", "List an image's members"},
    openstack::PolicyRule{"modify_member", "role:admin or role:member",
                          "Accept or reject a shared image"},
    openstack::PolicyRule{"delete_member", "role:admin or role:member", "Share no longer"},
    openstack::PolicyRule{"get_schema", "@", "Show a schema"},
    openstack::PolicyRule{"get_info", "@", "Show what this service offers"},
};

}  // namespace

std::span<const openstack::PolicyRule> policies() { return kPolicies; }

Image ImageApi::own_image(const openstack::ApiRequest& request) const {
  Image image = visible_image(request);
  if (!request.context.is_admin() && image.owner != request.context.project_id())
    throw base::Error(base::ErrorKind::forbidden, "You are not permitted to modify this image.");
  return image;
}

}  // namespace glance::api
