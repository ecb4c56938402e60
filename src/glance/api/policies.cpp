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
    openstack::PolicyRule{"get_metadef_namespaces", "role:admin or role:reader",
                          "List metadef namespaces"},
    openstack::PolicyRule{"get_metadef_namespace", "role:admin or role:reader",
                          "Show a metadef namespace"},
    openstack::PolicyRule{"add_metadef_namespace", "role:admin", "Create a metadef namespace"},
    openstack::PolicyRule{"modify_metadef_namespace", "role:admin", "Change a metadef namespace"},
    openstack::PolicyRule{"delete_metadef_namespace", "role:admin",
                          "Delete a metadef namespace, or all of a kind in it"},
    openstack::PolicyRule{"get_metadef_objects", "role:admin or role:reader",
                          "List metadef objects"},
    openstack::PolicyRule{"get_metadef_object", "role:admin or role:reader",
                          "Show a metadef object"},
    openstack::PolicyRule{"add_metadef_object", "role:admin", "Create a metadef object"},
    openstack::PolicyRule{"modify_metadef_object", "role:admin", "Change a metadef object"},
    openstack::PolicyRule{"delete_metadef_object", "role:admin", "Delete a metadef object"},
    openstack::PolicyRule{"get_metadef_properties", "role:admin or role:reader",
                          "List metadef properties"},
    openstack::PolicyRule{"get_metadef_property", "role:admin or role:reader",
                          "Show a metadef property"},
    openstack::PolicyRule{"add_metadef_property", "role:admin", "Create a metadef property"},
    openstack::PolicyRule{"modify_metadef_property", "role:admin", "Change a metadef property"},
    openstack::PolicyRule{"remove_metadef_property", "role:admin", "Delete a metadef property"},
    openstack::PolicyRule{"get_metadef_tags", "role:admin or role:reader", "List metadef tags"},
    openstack::PolicyRule{"get_metadef_tag", "role:admin or role:reader", "Show a metadef tag"},
    openstack::PolicyRule{"add_metadef_tag", "role:admin", "Create a metadef tag"},
    openstack::PolicyRule{"add_metadef_tags", "role:admin", "Create several metadef tags"},
    openstack::PolicyRule{"modify_metadef_tag", "role:admin", "Rename a metadef tag"},
    openstack::PolicyRule{"delete_metadef_tag", "role:admin", "Delete a metadef tag"},
    openstack::PolicyRule{"delete_metadef_tags", "role:admin",
                          "Delete all of a metadef namespace's tags"},
    openstack::PolicyRule{"list_metadef_resource_types", "role:admin or role:reader",
                          "List resource types"},
    openstack::PolicyRule{"get_metadef_resource_type", "role:admin or role:reader",
                          "List a metadef namespace's resource types"},
    openstack::PolicyRule{"add_metadef_resource_type_association", "role:admin",
                          "Associate a metadef namespace with a resource type"},
    openstack::PolicyRule{"remove_metadef_resource_type_association", "role:admin",
                          "Take a resource type from a metadef namespace"},
    openstack::PolicyRule{"get_schema", "@", "Show a schema"},
    openstack::PolicyRule{"get_info", "@", "Show what this service offers"},
    openstack::PolicyRule{"copy_image", "role:admin", "Copy an image to more stores"},
    openstack::PolicyRule{"stores_info_detail", "role:admin", "Show what each store is"},
    openstack::PolicyRule{"delete_image_location", "role:admin", "Delete an image from one store"},
    openstack::PolicyRule{"tasks_api_access", "role:admin", "Show tasks"},
};

}  // namespace

std::span<const openstack::PolicyRule> policies() { return kPolicies; }

}  // namespace glance::api
