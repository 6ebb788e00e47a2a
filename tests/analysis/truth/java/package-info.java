@Generated
package org.example.shapes;
