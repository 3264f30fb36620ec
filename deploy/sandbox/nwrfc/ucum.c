/* ucum.c - libsapucum.so: SAP's PyRFC links it; it has nothing to offer here. */

__attribute__((visibility("default"))) int standin_sapucum(void)
{
    return 0;
}
