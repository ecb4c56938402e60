// Options of glance.conf, under the names that Glance's operators know.
#include <array>

#include "glance/service.hpp"

namespace glance {
namespace {

constexpr std::array kOptions{
    platform::Option{"glance_store", "filesystem_store_datadir", platform::OptionType::text,
                     "/var/lib/nephele/images",
                     "Directory in which the file store keeps images, unless stores have names."},
    platform::Option{
        "DEFAULT", "enabled_backends", platform::OptionType::list, "",
        "Stores among which clients may choose, each as NAME:TYPE and with a section "
        "[NAME] of its own; types: file, http (only locations that clients give), rbd, s3, "
        "swift. Empty: one store, of files, without "
        "a name."},
    platform::Option{"glance_store", "default_backend", platform::OptionType::text, "",
                     "The store of those that takes an image whose client names none."},
    platform::Option{"*", "filesystem_store_datadir", platform::OptionType::text, "",
                     "In a store's own section: the directory in which it keeps images."},
    platform::Option{
        "*", "rbd_store_ceph_conf", platform::OptionType::text, "",
        "In the section of a store of type rbd: the path of Ceph's configuration, which "
        "names the keyring. Empty: /etc/ceph/ceph.conf."},
    platform::Option{"*", "rbd_store_user", platform::OptionType::text, "admin",
                     "As whom it signs in at Ceph, without \"client.\"."},
    platform::Option{
        "*", "rbd_store_pool", platform::OptionType::text, "images",
        "The pool of the images. What is named there as this service names uploads must "
        "be this cloud's."},
    platform::Option{"*", "rbd_store_chunk_size", platform::OptionType::integer, "8",
                     "Mebibytes of an object of an image, a power of two; each upload holds one in "
                     "memory.",
                     false, 1, 32},
    platform::Option{"*", "rbd_thin_provisioning", platform::OptionType::boolean, "false",
                     "Whether objects of zeros only are left out."},
    platform::Option{
        "*", "rados_connect_timeout", platform::OptionType::integer, "60",
        "Seconds that Ceph may take to answer: then the operation fails; 0 or less: 60."},
    platform::Option{"*", "s3_store_host", platform::OptionType::text, "",
                     "In the section of a store of type s3: the URL of its S3 API."},
    platform::Option{"*", "s3_store_access_key", platform::OptionType::text, "",
                     "As whom the store signs its requests.", true},
    platform::Option{"*", "s3_store_secret_key", platform::OptionType::text, "", "With which key.",
                     true},
    platform::Option{"*", "s3_store_region_name", platform::OptionType::text, "us-east-1",
                     "The region for which requests are signed."},
    platform::Option{"*", "s3_store_bucket", platform::OptionType::text, "",
                     "The bucket of the images, which must be this cloud's alone: what is named as "
                     "an upload and belongs to no image is removed."},
    platform::Option{"*", "s3_store_create_bucket_on_put", platform::OptionType::boolean, "false",
                     "Whether the bucket is made if it is missing."},
    platform::Option{"*", "s3_store_large_object_chunk_size", platform::OptionType::integer, "10",
                     "Mebibytes of a part of a multipart upload; each upload holds one in memory.",
                     false, 5, 1024},
    platform::Option{"*", "swift_store_auth_address", platform::OptionType::text, "",
                     "In the section of a store of type swift: where it signs in."},
    platform::Option{"*", "swift_store_auth_version", platform::OptionType::integer, "3",
                     "How: 3 by Keystone, 1 by TempAuth.", false, 1, 3},
    platform::Option{"*", "swift_store_user", platform::OptionType::text, "",
                     "As PROJECT:USER, of Keystone's default domain; TempAuth: ACCOUNT:USER."},
    platform::Option{"*", "swift_store_key", platform::OptionType::text, "",
                     "That user's password.", true},
    platform::Option{"*", "swift_store_region", platform::OptionType::text, "",
                     "The region of the catalog whose Swift is used. Empty: the first one."},
    platform::Option{"*", "swift_store_container", platform::OptionType::text, "glance",
                     "The container of the images, which must be this cloud's alone, as "
                     "s3_store_bucket."},
    platform::Option{"*", "swift_store_create_container_on_put", platform::OptionType::boolean,
                     "false", "Whether the container is made if it is missing."},
    platform::Option{"*", "swift_store_large_object_chunk_size", platform::OptionType::integer,
                     "32",
                     "Mebibytes of a segment of a large object; each upload holds one in memory.",
                     false, 1, 1024},
    platform::Option{"*", "weight", platform::OptionType::integer, "0",
                     "In a store's own section: of the stores that have an image, the one with the "
                     "greatest is read first."},
    platform::Option{"*", "store_description", platform::OptionType::text, "",
                     "In a store's own section: what clients are told of it."},
    platform::Option{"DEFAULT", "node_staging_uri", platform::OptionType::text, "",
                     "file:// and the directory in which uploads wait to be imported, the same for "
                     "all glance-api. Empty: \"staging\" beside the default store's directory."},
    platform::Option{"DEFAULT", "enabled_import_methods", platform::OptionType::list,
                     "glance-direct,web-download,copy-image",
                     "Ways of import that clients may use: of these, and glance-download, which "
                     "reaches the endpoints of other regions by the rules of web-download."},
    platform::Option{"import_filtering_opts", "allowed_schemes", platform::OptionType::list,
                     "http,https", "Schemes of URLs from which web-download may import."},
    platform::Option{"import_filtering_opts", "disallowed_schemes", platform::OptionType::list, "",
                     "Those that it may not use; counts only if allowed_schemes is empty."},
    platform::Option{"import_filtering_opts", "allowed_hosts", platform::OptionType::list, "",
                     "Hosts from which it may import. Empty: any whose address is public."},
    platform::Option{"import_filtering_opts", "disallowed_hosts", platform::OptionType::list, "",
                     "Those that it may not use; counts only if allowed_hosts is empty."},
    platform::Option{"import_filtering_opts", "allowed_ports", platform::OptionType::list, "80,443",
                     "Ports from which it may import."},
    platform::Option{"import_filtering_opts", "disallowed_ports", platform::OptionType::list, "",
                     "Those that it may not use; counts only if allowed_ports is empty."},
    platform::Option{"import_filtering_opts", "allowed_networks", platform::OptionType::list, "",
                     "Networks (10.1.0.0/16) that it may reach though their addresses are not "
                     "public: private, loopback, link-local and the like. For mirrors on networks "
                     "of your own; whoever may import can read what is served there."},
    platform::Option{"import_filtering_opts", "download_timeout", platform::OptionType::integer,
                     "14400", "Seconds within which a web-download has to end.", false, 1},
    platform::Option{"glance_download_properties", "extra_properties", platform::OptionType::list,
                     "hw_,trait:,os_distro,os_secure_boot,os_type",
                     "How properties begin that glance-download copies from the other image."},
    platform::Option{
        "image_import_opts", "image_import_plugins", platform::OptionType::list, "no_op",
        "What imports do with images, in that order: image_decompression (gzip, xz, "
        "zstd), image_conversion, inject_image_metadata. Images that are uploaded stay "
        "as they are."},
    platform::Option{"image_conversion", "output_format", platform::OptionType::text, "raw",
                     "What image_conversion makes of disks: raw, qcow2 or vmdk."},
    platform::Option{"inject_metadata_properties", "inject", platform::OptionType::list, "",
                     "Properties that inject_image_metadata gives to images: NAME:VALUE,..."},
    platform::Option{"inject_metadata_properties", "ignore_user_roles", platform::OptionType::list,
                     "admin", "Roles whose users' images do not get them."},
    platform::Option{"DEFAULT", "image_size_cap", platform::OptionType::integer, "1099511627776",
                     "Largest image that may be uploaded, in bytes.", false, 1},
    platform::Option{"DEFAULT", "image_member_quota", platform::OptionType::integer, "128",
                     "Most members of an image; below zero: any number."},
    platform::Option{"DEFAULT", "image_property_quota", platform::OptionType::integer, "128",
                     "Most properties of an image; below zero: any number."},
    platform::Option{"DEFAULT", "image_tag_quota", platform::OptionType::integer, "128",
                     "Most tags of an image; below zero: any number."},
    platform::Option{"DEFAULT", "image_location_quota", platform::OptionType::integer, "10",
                     "Most locations of an image that clients may make; below zero: any number."},
    platform::Option{"DEFAULT", "show_multiple_locations", platform::OptionType::boolean, "false",
                     "Whether images show their locations to those who own them, who then may "
                     "change them by the policies set_image_location and delete_image_location."},
    platform::Option{"DEFAULT", "show_image_direct_url", platform::OptionType::boolean, "false",
                     "Whether images show as direct_url the location that is read first."},
    platform::Option{
        "DEFAULT", "user_storage_quota", platform::OptionType::text, "0",
        "Most bytes that the images of a project may need of the stores, each as often "
        "as stores have it; with B, KB, MB, GB or TB behind it. 0: any number."},
    platform::Option{
        "DEFAULT", "property_protection_file", platform::OptionType::text, "",
        "A file of sections [PATTERN] that say who may create, read, update and delete "
        "custom properties of images whose names the pattern is found in. Empty: "
        "nothing is protected."},
    platform::Option{"DEFAULT", "property_protection_rule_format", platform::OptionType::text,
                     "roles",
                     "What that file names: roles (several, @ for everybody, ! for nobody) or "
                     "policies (one of Glance's rules)."},
    platform::Option{"DEFAULT", "image_cache_dir", platform::OptionType::text, "",
                     "Directory in which a glance-api caches images of stores that are no files, "
                     "and those that are queued by the API. Empty: no cache."},
    platform::Option{
        "DEFAULT", "image_cache_max_size", platform::OptionType::integer, "10737418240",
        "Most bytes of cached images; those that were not read for longest go first.", false, 0},
    platform::Option{"DEFAULT", "image_cache_stall_time", platform::OptionType::integer, "86400",
                     "Seconds after which a start removes what was being cached.", false, 0},
    platform::Option{"DEFAULT", "metadata_source_path", platform::OptionType::text,
                     "/etc/glance/metadefs/",
                     "Where nephele metadefs looks for files of metadata definitions, and writes "
                     "them."},
    platform::Option{"DEFAULT", "api_limit_max", platform::OptionType::integer, "1000",
                     "Most images that one list request answers.", false, 1},
    platform::Option{"DEFAULT", "limit_param_default", platform::OptionType::integer, "25",
                     "Images that a list request answers if it names no limit.", false, 1},
    platform::Option{"image_format", "disk_formats", platform::OptionType::list,
                     "ami,ari,aki,vhd,vhdx,vmdk,raw,qcow2,vdi,iso,ploop,luks,gpt",
                     "Values of disk_format that images may have; others than these are unknown."},
    platform::Option{"image_format", "container_formats", platform::OptionType::list,
                     "ami,ari,aki,bare,ovf,ova,docker,compressed",
                     "Values of container_format that images may have, of these."},
    platform::Option{
        "image_format", "require_image_format_match", platform::OptionType::boolean, "true",
        "Whether an upload must be of its disk_format. Otherwise it may be of another, "
        "but what is declared qcow2 or vmdk must always be that."},
    platform::Option{"image_format", "gpt_safety_checks_nonfatal", platform::OptionType::boolean,
                     "true",
                     "Whether a partition table that looks wrong is only warned of in the log."},
    platform::Option{"image_format", "vmdk_allowed_types", platform::OptionType::list,
                     "streamOptimized,monolithicSparse",
                     "Values of createType of which a vmdk may be. Types whose data lies in other "
                     "files are never accepted."},
    platform::Option{"keystone_authtoken", "www_authenticate_uri", platform::OptionType::text,
                     "http://127.0.0.1:5000", "Where a client without a token is sent to sign in."},
};

}  // namespace

std::span<const platform::Option> options() { return kOptions; }

}  // namespace glance
